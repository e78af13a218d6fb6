//! Rules on commands.

use super::*;
use Behavior::{Allow, Ask, Deny};

/// From 2.1.330 (`--allowedTools`).
#[test]
fn each_part_of_a_line_needs_a_rule() {
    let stage = Stage::new();
    let rules = [
        "Bash(zap:*)",
        "Bash(git commit *)",
        "Bash(foo bar)",
        "Bash(ba*z q)",
        "Bash(cp:*)",
        "Bash(rm:*)",
        "Bash(find:*)",
    ];
    let rules: Vec<(Behavior, &str)> = rules.iter().map(|rule| (Allow, *rule)).collect();
    let permissions = stage.permissions(&rules);
    let runs = |command: &str| {
        let decision = stage.decide(&permissions, &NEWEST, "default", bash(&stage.fill(command)));
        shown(&decision).0 == "runs"
    };
    for command in [
        "zap",
        "zap a b",
        "zap && zap b",
        "ls | zap",
        "zap 2>/dev/null",
        "nohup zap",
        "timeout 5 zap a",
        "NODE_ENV=1 zap",
        "git commit",
        "git commit -m x",
        "foo bar",
        "foo bar && ls",
        "baaaz q",
        "cp a b",
        "rm x",
        "xargs zap",
        "git commit -m \"$(cat <<'EOF'\nx\nEOF\n)\"",
        "if true; then zap; fi",
    ] {
        assert!(runs(command), "{command}");
    }
    for command in [
        "zapx",
        "zap; foo",
        "zap $(ls)",
        "zap $x",
        "zap &",
        "(zap)",
        "FOO=1 zap",
        "env zap",
        "sudo zap",
        "git commitx",
        "git -C sub commit",
        "foo bar baz",
        "foo  bar",
        "bax && z q",
        "cp a.txt <OUT>/b",
        "rm <OUT>/x",
        "rm -rf /",
        "find . -delete",
        "zap > f",
        "git commit -m \"$(cat a.txt)\"",
        "eval zap",
    ] {
        assert!(!runs(command), "{command}");
    }
}

/// From 2.1.330.
#[test]
fn a_rule_that_denies_holds_however_a_command_is_started() {
    let stage = Stage::new();
    let permissions = stage.permissions(&[
        (Deny, "Bash(zap:*)"),
        (Allow, "Bash"),
        (Deny, "Bash(foo bar)"),
    ]);
    for command in [
        "zap",
        "ls && zap",
        "ls | zap a",
        "(zap)",
        "{ zap; }",
        "f() { zap; }",
        "echo $(zap)",
        "echo \"$(zap a)\"",
        "echo `zap`",
        "cat <(zap)",
        "x=$(zap)",
        "FOO=1 zap",
        "timeout 5 zap",
        "env zap",
        "sudo zap",
        "ls | xargs zap",
        "exec zap",
        "'zap' a",
        "\\zap",
        "z'a'p",
        "/usr/bin/zap",
        "zap > f",
        "zap $x",
        "zap \"unterminated",
        "zap &",
        "for i in a; do zap; done",
        "case a in a) zap;; esac",
        "foo  bar",
        "foo bar > f",
        "env FOO=1 foo bar",
    ] {
        let decision = stage.decide(&permissions, &NEWEST, "default", bash(command));
        assert_eq!(shown(&decision).0, "denied", "{command}");
    }
    for command in ["zapx", "echo zap", "# zap", "foo bar baz"] {
        let decision = stage.decide(&permissions, &NEWEST, "default", bash(command));
        assert_eq!(shown(&decision).0, "runs", "{command}");
    }
    let piped = stage.decide(&permissions, &NEWEST, "default", bash("ls | zap a"));
    assert_eq!(
        shown(&piped).1,
        "Permission to use Bash with command zap a has been denied."
    );
}

/// From 2.1.330: deny before ask before allow.
#[test]
fn a_rule_that_asks_comes_before_one_that_allows() {
    let stage = Stage::new();
    let permissions = stage.permissions(&[
        (Allow, "Bash(zap:*)"),
        (Ask, "Bash(zap b)"),
        (Deny, "Bash(zap c)"),
    ]);
    let first =
        |command: &str| shown(&stage.decide(&permissions, &NEWEST, "default", bash(command))).0;
    assert_eq!(
        [first("zap a"), first("zap b"), first("zap c")],
        ["runs", "asks", "denied"]
    );
}

/// From 1.0.108 and 2.0.77.
#[test]
fn older_versions_take_rules_by_their_letters() {
    let stage = Stage::new();
    let permissions = stage.permissions(&[(Allow, "Bash(zap:*)"), (Allow, "Bash(git commit *)")]);
    let runs = |version: usize, command: &str| {
        let decision = stage.decide(&permissions, &VERSIONS[version].1, "default", bash(command));
        shown(&decision).0 == "runs"
    };
    assert!(runs(0, "zapx") && !runs(1, "zapx"));
    assert!(!runs(0, "ls | zap") && runs(1, "ls | zap"));
    assert!(!runs(0, "git commit -m x") && runs(1, "git commit -m x") && !runs(1, "git commit"));
    assert!(!runs(1, "timeout 5 zap") && !runs(1, "NODE_ENV=1 zap"));
    assert!(!runs(0, "zap > f") && runs(1, "zap > f"));
}

#[test]
fn arguments_are_split_outside_of_parentheses() {
    let given = ["Bash(git log:*),Read".to_owned(), "Edit Write".to_owned()];
    assert_eq!(split(&given), ["Bash(git log:*)", "Read", "Edit", "Write"]);
}
