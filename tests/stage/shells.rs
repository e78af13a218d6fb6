//! The stage's shells: real ones that read the stage's startup files, whatever those do.

use crate::support::{Host, Test, command, environment_named, stdout};
use claude_harness::stage::Stage;
use claude_harness::stage::shell::Rc;
use std::process::Output;

pub(crate) const TESTS: &[Test] = &[
    (
        "a_shell_reads_the_stages_files_and_not_the_hosts",
        reads_its_own,
    ),
    (
        "what_a_version_manager_adds_is_found_only_where_its_file_is_read",
        version_manager,
    ),
    (
        "a_command_keeps_its_name_its_parameters_and_its_status",
        keeps,
    ),
    (
        "a_startup_file_can_be_noisy_leave_or_be_replaced",
        behaviours,
    ),
    (
        "a_slow_startup_file_waits_and_a_hanging_one_does_not_end",
        waits,
    ),
    (
        "a_script_and_standard_input_are_read_by_login_shells",
        scripts,
    ),
];

fn stage(host: &Host, shell: &str, files: &[(&str, &str)], rc: Option<Rc>) -> Stage {
    let mut plan = host.bare_plan("ssh-login", "dev");
    plan.environment = environment_named("terminal-dev");
    plan.environment.shell = shell.to_owned();
    for (name, text) in files {
        plan.environment
            .rc
            .entry((*name).to_owned())
            .or_default()
            .push_str(text);
    }
    plan.environment.shell_rc = rc;
    Stage::build(&plan).unwrap()
}

fn shell(stage: &Stage, args: &[&str]) -> Output {
    command(stage, &stage.shell).args(args).output().unwrap()
}

fn said(stage: &Stage, args: &[&str]) -> String {
    stdout(&shell(stage, args)).trim_end().to_owned()
}

fn reads_its_own(host: &Host) {
    let files = [
        ("/etc/profile", "seen=\"$seen etc\"\n"),
        (
            ".bash_profile",
            "seen=\"$seen bash_profile\"\n. \"$HOME/.bashrc\"\n",
        ),
        (".profile", "seen=\"$seen profile\"\n"),
        (".bashrc", "seen=\"$seen bashrc\"\n"),
    ];
    let ask = "echo seen$seen";
    let bash = stage(host, "/bin/bash", &files, None);
    for (args, wanted) in [
        (["-c", ask], "seen"),
        (["-ic", ask], "seen bashrc"),
        // Debian's .bashrc returns where the shell is not interactive.
        (["-lc", ask], "seen etc bash_profile"),
        (["-ilc", ask], "seen etc bash_profile bashrc"),
    ] {
        assert_eq!(said(&bash, &args), wanted, "{args:?}");
    }
    assert_eq!(said(&bash, &["--norc", "-ic", ask]), "seen");
    assert_eq!(said(&bash, &["--noprofile", "-lc", ask]), "seen");
    // A host's /etc/profile sets PATH.
    assert_eq!(said(&bash, &["-lc", "echo $PATH"]), bash.env["PATH"]);

    let sh = stage(host, "/bin/sh", &files, None);
    assert_eq!(said(&sh, &["-c", ask]), "seen");
    assert_eq!(said(&sh, &["-lc", ask]), "seen etc profile");
    assert!(said(&sh, &["-lc", "echo $PATH"]).ends_with(&sh.env["PATH"]));
}

fn version_manager(host: &Host) {
    let manager = "PATH=\"$HOME/.nvm/versions/node/v20.20.2/bin:$PATH\"\n";
    let mut plan = host.bare_plan("linux-desktop", "dev");
    plan.environment
        .rc
        .entry(".bashrc".to_owned())
        .or_default()
        .push_str(manager);
    let stage = Stage::build(&plan).unwrap();
    let ask = "command -v node || echo none";
    // The runtime that the layout has put off the PATH.
    let node = stage.home.join(".nvm/versions/node/v20.20.2/bin/node");
    assert_eq!(said(&stage, &["-c", ask]), "none");
    assert_eq!(said(&stage, &["-lc", ask]), "none");
    assert_eq!(said(&stage, &["-ilc", ask]), node.to_str().unwrap());
    assert_eq!(said(&stage, &["-i", "-c", ask]), node.to_str().unwrap());
}

fn keeps(host: &Host) {
    for path in ["/bin/bash", "/bin/sh"] {
        let stage = stage(host, path, &[], None);
        for letters in ["-c", "-lc", "-ilc"] {
            let ask = "echo \"$0|$1|$2|$#\"; exit 7";
            let output = shell(&stage, &[letters, ask, "zero", "one two", ""]);
            assert_eq!(stdout(&output), "zero|one two||2\n", "{path} {letters}");
            assert_eq!(output.status.code(), Some(7), "{path} {letters}");
        }
        let output = shell(&stage, &["-lc", "no-such-command"]);
        assert_eq!(output.status.code(), Some(127), "{path}");
        assert_eq!(
            said(&stage, &["-e", "-lc", "false; echo went on"]),
            "",
            "{path}"
        );
    }
}

fn behaviours(host: &Host) {
    let ask = ["-ilc", "echo answer"];
    let bash = |rc| stage(host, "/bin/bash", &[], Some(rc));
    assert_eq!(
        said(&bash(Rc::Noisy), &ask),
        "Welcome back! You have mail.\nanswer"
    );
    assert_eq!(said(&bash(Rc::Replaces), &ask), "");
    let output = shell(&bash(Rc::Exits), &ask);
    assert_eq!(
        (stdout(&output), output.status.code()),
        (String::new(), Some(1))
    );
    // A shell that is no interactive one does not meet them.
    assert_eq!(said(&bash(Rc::Exits), &["-lc", "echo answer"]), "answer");
    let sh = stage(
        host,
        "/bin/sh",
        &[],
        Some(Rc::Lines("echo mine\n".to_owned())),
    );
    assert_eq!(said(&sh, &["-lc", "echo answer"]), "mine\nanswer");
}

/// With a `sleep` that only notes what it is asked for, so that nothing waits.
fn waits(host: &Host) {
    let note = "sleep() { echo \"$1\" >> \"$TMPDIR/slept\"; [ \"$1\" = 15 ]; }\n";
    for (rc, asked) in [(Rc::Slow, "15\n"), (Rc::Hanging, "3600\n")] {
        let stage = stage(host, "/bin/bash", &[(".bashrc", note)], Some(rc));
        assert_eq!(said(&stage, &["-ilc", "echo answer"]), "answer");
        assert_eq!(
            std::fs::read_to_string(stage.tmp.join("slept")).unwrap(),
            asked
        );
    }
}

fn scripts(host: &Host) {
    let stage = stage(
        host,
        "/bin/bash",
        &[(".profile", "export seen=profile\n")],
        None,
    );
    let script = stage.tmp.join("script");
    std::fs::write(&script, "echo \"$seen $1 ${BASH_ENV-unset}\"\n").unwrap();
    assert_eq!(
        said(&stage, &["-l", script.to_str().unwrap(), "one"]),
        "profile one unset"
    );
    assert_eq!(
        said(&stage, &[script.to_str().unwrap(), "one"]),
        " one unset"
    );
    let input = std::fs::File::open(&script).unwrap();
    let output = command(&stage, &stage.shell)
        .args(["-ls"])
        .stdin(input)
        .output()
        .unwrap();
    assert_eq!(stdout(&output), "profile  unset\n");
}
