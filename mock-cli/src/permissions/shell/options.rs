//! Options of programs that change nothing, taken from what 2.1.330 runs unasked (one call for each option).

/// The words of a program that are no options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// As many as there are.
    Any,
    /// None.
    None,

    /// Those that begin so.
    Beginning(&'static str),
}

/// A program, or a subcommand.
#[derive(Debug)]
pub(super) struct Options {
    pub(super) name: &'static str,
    /// Its short options; `0` stands for all digits.
    pub(super) short: &'static str,
    /// Its long options.
    pub(super) long: &'static str,
    pub(super) words: Words,
    /// Options whose value is the next word.
    pub(super) values: &'static str,
    /// Options that make words harmless which would not be without them.
    pub(super) frees: &'static str,
}

const fn o(name: &'static str, words: Words, short: &'static str, long: &'static str) -> Options {
    Options {
        name,
        short,
        long,
        words,
        values: "",
        frees: "",
    }
}

impl Options {
    const fn with(self, values: &'static str, frees: &'static str) -> Options {
        Options {
            values,
            frees,
            ..self
        }
    }
}

use Words::{Any, Beginning, None};

pub(super) const OPTIONS: [Options; 49] = [
    o("base64", Any, "dhiD", "decode help ignore-garbage version wrap"),
    o("date", Beginning("+"), "druIR", "date debug help reference rfc-3339 rfc-email universal utc version").with("d date r reference", ""),
    o("docker images", Any, "abdefghijklmnopqstuvwxyz0ABCDEFGIJKLMNOPQRSTUVWXYZ", "all digests filter format no-trunc quiet tree"),
    o("docker inspect", Any, "fs", "format size type"),
    o("docker logs", Any, "fnt", "details follow since tail timestamps until"),
    o("docker ps", Any, "abdefghijklmnopqstuvwxyz0ABCDEFGIJKLMNOPQRSTUVWXYZ", "all filter format last latest no-trunc quiet size"),
    o("fd", Any, "acdeghiopqst0EFHILSV", ""),
    o("file", Any, "bchiklnprsv0FL", "apple brief dereference exclude exclude-quiet help keep-going list mime mime-encoding mime-type no-buffer no-dereference preserve-date print0 raw separator special-files version"),
    o("git blame", Any, "eflnpstw0CLM", "abbrev color date ignore-rev ignore-revs-file incremental line-porcelain no-color porcelain root score-debug show-email show-name show-number show-stats"),
    o("git branch", None, "ailrv0", "abbrev all color column contains ignore-case list merged no-color no-column no-contains no-merged remotes show-current sort verbose").with("contains no-contains points-at sort", "list l merged no-merged"),
    o("git cat-file", Any, "epst0", "batch-check"),
    o("git describe", Any, "0", "abbrev always broken contains dirty exact-match long tags"),
    o("git diff", Any, "lpsu0BCDMORS", "abbrev binary break-rewrites cached check color color-words diff-algorithm diff-filter dirstat exit-code find-copies find-copies-harder find-renames full-index function-context histogram ignore-all-space ignore-blank-lines ignore-space-at-eol ignore-space-change inter-hunk-context irreversible-delete minimal name-only name-status no-color no-ext-diff no-index no-renames numstat patch-with-stat patience pickaxe-all pickaxe-regex quiet shortstat staged stat summary word-diff word-diff-regex"),
    o("git for-each-ref", Any, "0", "format sort"),
    o("git grep", Any, "cehilnoqvw0EFGHLP", "and basic-regexp break cached color count extended-regexp files-with-matches files-without-match fixed-strings full-name heading ignore-case invert-match line-number no-color no-index not only-matching or perl-regexp quiet recurse-submodules untracked word-regexp"),
    o("git log", Any, "nps0S", "abbrev-commit after all author before boundary branches cherry-pick color date date-order decorate diff-filter first-parent follow format graph grep left-right max-count merges name-only name-status no-color no-ext-diff no-merges no-patch numstat oneline patch pickaxe-all pickaxe-regex pretty remotes reverse shortstat since skip source stat tags topo-order until"),
    o("git ls-files", Any, "cdfikmostuvz0", "abbrev cached debug deleted directory eol error-unmatch exclude-standard full-name ignored killed modified others recurse-submodules stage unmerged"),
    o("git ls-remote", None, "bhqt0", "branches exit-code get-url quiet refs sort symref tags"),
    o("git merge-base", Any, "0", "all fork-point independent is-ancestor octopus"),
    o("git reflog", Any, "0", "after all author before branches date decorate graph grep max-count oneline remotes since tags until"),
    o("git remote", None, "v", "verbose"),
    o("git rev-list", Any, "0", "abbrev abbrev-commit after all author before branches count first-parent format graph grep max-age max-count max-parents merges min-age min-parents no-max-parents no-merges no-min-parents oneline pretty remotes reverse since skip source sparse tags until"),
    o("git rev-parse", Any, "0", "abbrev-ref git-dir is-inside-work-tree short show-toplevel symbolic-full-name verify"),
    o("git shortlog", Any, "cens0", "after all author before branches committer email format no-merges numbered remotes since summary tags until"),
    o("git show", Any, "mps0", "abbrev-commit color color-words date decorate diff-filter first-parent format graph name-only name-status no-color no-ext-diff no-patch numstat oneline patch pretty quiet raw shortstat stat word-diff"),
    o("git stash list", None, "0", "all branches date decorate graph max-count oneline remotes tags"),
    o("git stash show", Any, "ps0", "abbrev color diff-filter name-only name-status no-color no-ext-diff no-patch numstat patch shortstat stat word-diff"),
    o("git status", Any, "bsv0", "ahead-behind branch column ignored long no-column no-renames porcelain renames short untracked-files verbose"),
    o("git tag", None, "il0", "column format ignore-case list no-column sort").with("sort format contains", "list l"),
    o("git worktree list", None, "v0", "porcelain verbose"),
    o("grep", Any, "abcdefhilnoqrsuvwxzDEFGHILPRTUVZ", "after-context basic-regexp before-context binary binary-files byte-offset color colour context count dereference-recursive devices directories exclude exclude-dir exclude-from extended-regexp file files-with-matches files-without-match fixed-strings group-separator help ignore-case include initial-tab invert-match label line-buffered line-number line-regexp max-count no-filename no-group-separator no-ignore-case no-messages null null-data only-matching perl-regexp quiet recursive regexp silent text version with-filename word-regexp"),
    o("help", Any, "d", ""),
    o("hostname", None, "adfhisvAIV", "alias all-fqdns all-ip-addresses domain fqdn help ip-address long short version"),
    o("jq", Any, "abcdeghijklmnopqrstuvwxyzABCDEFGHIJKMNOPQRSTUVWXYZ", "arg argjson args jsonargs tab"),
    o("lsof", Any, "abghilnorstvxCEFHKLNOPQRSTUVX", ""),
    o("man", Any, "adfhkswS", "all apropos whatis"),
    o("md5sum", Any, "bctwz", "binary check help ignore-missing quiet status strict tag text version warn zero"),
    o("netstat", Any, "agilmnrsvL", ""),
    o("pgrep", Any, "acdfgilnorstuvwxFGLOPUV", "count delimiter euid exact full group help ignore-case inverse lightweight list-full list-name logpidfile newest ns nslist older oldest parent pgroup pidfile runstates session terminal uid version"),
    o("ps", Any, "acdefjlmwyAFHLNTV", "help"),
    o("rg", Any, "acefghilmnoqtuvwABCFHLST", "after-context before-context color column context count debug files-with-matches files-without-match fixed-strings follow glob heading hidden ignore-case invert-match json line-number max-count max-depth no-heading no-ignore only-matching quiet smart-case stats text type type-list type-not version word-regexp"),
    o("sha1sum", Any, "bctwz", "binary check help ignore-missing quiet status strict tag text version warn zero"),
    o("sha256sum", Any, "bctwz", "binary check help ignore-missing quiet status strict tag text version warn zero"),
    o("sort", Any, "bcdfghikmnrstuzCMRSV", "batch-size buffer-size check dictionary-order field-separator general-numeric-sort help human-numeric-sort ignore-case ignore-leading-blanks ignore-nonprinting key merge month-sort numeric-sort parallel random-sort reverse sort stable unique version version-sort zero-terminated"),
    o("ss", None, "abdehilmnopstuwxz0EHMOSVZ", "all bpf cgroup context contexts dccp events extended family help inet-sockopt info ipv4 ipv6 listening memory mptcp no-header numeric oneline options packet processes query raw sctp socket summary tcp tipc tipcinfo tos udp unix version vsock"),
    o("tput", Any, "xTV", ""),
    o("tree", Any, "acdfghilnpqrstuvxACDFHIJLNPQSTUX", ""),
    o("uniq", None, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "all-repeated check-chars count group help ignore-case repeated skip-chars skip-fields unique version zero-terminated").with("f s w skip-fields skip-chars check-chars", ""),
    o("which", Any, "apsvwV", ""),
];
