//! Promises of the parser and of paths, for whatever comes.

use super::shell::{Kind, parse, quote};
use super::*;
use proptest::prelude::*;

/// Texts in which much of the shell's syntax occurs.
fn lines() -> impl Strategy<Value = String> {
    let bits = [
        "echo", " ", "\n", "'", "\"", "$(", ")", "`", "<<EOF", "EOF", "{", "}", "if", "then", "fi",
        "do", "done", "for", "case", "esac", "in", ";;", ";", "&", "&&", "|", "||", "((", "))",
        "[[", "]]", "<(", ">", "<", "\\", "$x", "${", "#", "é", "=", "a=", "a=(", "*", "0", "!",
        "while",
    ];
    proptest::collection::vec(proptest::sample::select(bits.to_vec()), 0..40)
        .prop_map(|bits| bits.concat())
}

proptest! {
    #[test]
    fn no_line_is_too_much_for_the_parser(line in lines(), text in ".{0,60}") {
        let stage = Stage::new();
        let permissions = stage.permissions(&[(Behavior::Deny, "Bash(zap:*)"), (Behavior::Deny, "Read(./x/**)")]);
        for text in [line, text] {
            for (_, capabilities) in &VERSIONS {
                stage.decide(&permissions, capabilities, "acceptEdits", bash(&text));
            }
        }
    }

    #[test]
    fn what_is_quoted_is_read_back(words in proptest::collection::vec("[^\0]{0,12}", 1..5)) {
        let line: Vec<String> = std::iter::once("x".to_owned()).chain(words.iter().map(|word| quote(word))).collect();
        let script = parse(&line.join(" ")).unwrap();
        let Kind::Simple(simple) = &script.statements[0].pipelines[0].1.commands[0].kind else {
            panic!("not simple");
        };
        let read: Vec<String> = simple.words[1..].iter().map(|word| word.literal().unwrap()).collect();
        prop_assert_eq!(read, words);
    }

    #[test]
    fn a_normalised_path_is_full_and_stays_as_it_is(path in "(/|\\.\\./|\\./|[a-z]{1,3}/){0,8}[a-z.]{0,3}") {
        let once = normalise(Path::new(&path), Path::new("/w/x"));
        prop_assert!(once.is_absolute());
        prop_assert!(!once.components().any(|part| matches!(part.as_os_str().to_str(), Some("." | ".."))));
        prop_assert_eq!(normalise(&once, Path::new("/elsewhere")), once);
    }
}
