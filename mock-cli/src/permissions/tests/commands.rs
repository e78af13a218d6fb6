//! Commands in the default mode and where edits are accepted.

use super::*;

/// `observed.tsv` has, for each of 975 commands, whether the real 1.0.108, 2.0.77, 2.1.197 and 2.1.330 run it unasked
/// (R) or ask (A), in a folder with `a.txt`, `b.txt` and `sub/c.txt`.
#[test]
fn commands_run_unasked_where_the_real_cli_runs_them() {
    let stage = Stage::new();
    let permissions = stage.permissions(&[]);
    let mut wrong = Vec::new();
    for line in include_str!("observed.tsv").lines() {
        let (verdicts, command) = line.split_once('\t').unwrap();
        let command: String = serde_json::from_str(&format!("\"{command}\"")).unwrap();
        for ((version, capabilities), verdict) in VERSIONS.iter().zip(verdicts.chars()) {
            let decision = stage.decide(&permissions, capabilities, "default", bash(&command));
            let seen = if shown(&decision).0 == "runs" {
                'R'
            } else {
                'A'
            };
            if seen != verdict {
                wrong.push(format!(
                    "{version}: {command:?}: {verdict} on the real one, {seen} here"
                ));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// From 2.1.330.
#[test]
fn what_cannot_be_checked_is_asked_about_in_plain_words() {
    let stage = Stage::new();
    let permissions = stage.permissions(&[(Behavior::Allow, "Bash(echo:*)")]);
    let checked = |name: &str| format!("{name} in this command can't be checked before it runs");
    for (command, reason) in [
        ("echo $(whoami)", checked("A nested command")),
        ("echo `whoami`", checked("A nested command")),
        ("echo \"$(whoami)\"", checked("Quoted text")),
        ("echo $x", checked("A variable")),
        ("echo ${HOME}", checked("A variable in braces")),
        ("cat <(echo hi)", checked("A command used as a file")),
        ("f() { echo; }; f", checked("A function definition")),
        ("{ echo; }", checked("A group in braces or double parentheses")),
        ("for i in 1; do echo $i; done", checked("A variable")),
        ("echo {a,b}", "Brace expansion".to_owned()),
        ("eval ls", "'eval' evaluates arguments as shell code".to_owned()),
        ("echo a &", wording::BACKGROUND.to_owned()),
        ("(echo a)", wording::OPERATORS.to_owned()),
        ("cat <<EOF\nx\nEOF", "Heredoc with unquoted delimiter undergoes shell expansion".to_owned()),
        (
            "find . -delete",
            "find with '-delete' executes commands or modifies files — cannot be auto-allowed by a Bash(find:*) prefix rule".to_owned(),
        ),
    ] {
        let decision = stage.decide(&permissions, &NEWEST, "default", bash(command));
        assert_eq!(shown(&decision), ("asks", reason), "{command}");
    }
}

/// From 2.1.330: what is in quotes is text.
#[test]
fn quoted_text_is_no_command() {
    let stage = Stage::new();
    let permissions = stage.permissions(&[]);
    for command in [
        "echo \"a; b && c\"",
        "echo 'a $(touch x)'",
        "cat <<'EOF'\n$(touch x)\nEOF",
        "ls # x; touch y",
    ] {
        let decision = stage.decide(&permissions, &NEWEST, "default", bash(command));
        assert_eq!(shown(&decision).0, "runs", "{command}");
    }
}

/// From 2.1.330.
#[test]
fn files_are_named_in_the_question_and_the_suggestions_fit() {
    let stage = Stage::new();
    let permissions = stage.permissions(&[]);
    let ask = |command: &str| match stage.decide(
        &permissions,
        &NEWEST,
        "default",
        bash(&stage.fill(command)),
    ) {
        Decision::Ask(question) => question,
        other => panic!("{command}: {other:?}"),
    };
    let inside = ask("touch x");
    assert_eq!(inside.blocked_path, Some(stage.fill("<WORK>/x")));
    assert_eq!(inside.suggestions.map(|list| list.len()), Some(3));
    let outside = ask("cat <OUT>/secret.txt");
    let text = "cat in '<OUT>/secret.txt' was blocked. For security, Claude Code may only concatenate files from the allowed working directories for this session: '<WORK>'.";
    assert_eq!(outside.message, stage.fill(text));
    let redirected = ask("echo hi > ../outside/f");
    assert_eq!(redirected.blocked_path, Some(stage.fill("<OUT>/f")));
    let several = ask("foo | bar");
    assert_eq!(
        several.message,
        "This Bash command contains multiple operations. The following parts require approval: foo, bar"
    );
}

/// From 2.1.330 (`--permission-mode acceptEdits`).
#[test]
fn accepted_edits_are_those_of_plain_programs_on_files_of_the_folders() {
    let stage = Stage::new();
    let permissions = stage.permissions(&[]);
    let runs = |command: &str| {
        let decision = stage.decide(
            &permissions,
            &NEWEST,
            "acceptEdits",
            bash(&stage.fill(command)),
        );
        shown(&decision).0 == "runs"
    };
    for command in [
        "touch x",
        "rm -rf q",
        "mkdir -p a/b",
        "sed -i s/a/b/ b.txt",
        "echo hi > f",
        "touch x && ls",
        "! touch x",
    ] {
        assert!(runs(command), "{command}");
    }
    for command in [
        "touch <OUT>/x",
        "touch -t 2020 x",
        "cp -r sub q",
        "rm *.txt",
        "rm -rf /",
        "rm -rf .",
        "sed 's/a/b/w x' b.txt",
        "sed 's/a/b/e' b.txt",
        "touch .git/x",
        "touch .bashrc",
        "echo x > .claude/settings.json",
        "FOO=1 touch x",
        "timeout 5 touch x",
        "cd sub && touch x",
        "touch $HOME/x",
        "foo > f",
    ] {
        assert!(!runs(command), "{command}");
    }
}
