//! The stand-alone stand-in: a sidecar or the environment gives it its script.

use std::ffi::OsStr;
use std::path::Path;
use std::process::exit;

const HELP: &str = "\
mock-claude, a stand-in for the Claude CLI.

Its arguments are the CLI's own, but for a first argument of these, which is taken only under this name:

  --mock-help          this text
  --mock-version       the stand-in's own version, and the CLI versions that it stands in for
  --mock-install DIR   put it into DIR as `claude`, and as `cli.js` with `vendor/claude`

The script comes from `.<name>.harness.json` beside the executable, else from MOCK_CLAUDE_SCRIPT; with
MOCK_CLAUDE_LEDGER the calls are kept in that folder. It is JSON: each prompt takes the first entry whose
condition holds and that was not taken `times` times yet; waits are in milliseconds.

";

/// A script that shows every key.
const EXAMPLE: &str = r#"{
  "profile": "2.1.330", "seed": 1, "clock": 1.0, "strict": false,
  "calls": [
    { "when": { "prompt": "Hello" }, "do": [{ "say": "Hi there" }] },
    { "when": { "contains": "README", "resumes": false, "argv": ["--verbose"] }, "times": 2,
      "do": [
        { "think": "I should look." },
        { "use": { "tool": "Bash", "input": { "command": "cat README.md" }, "result": "Hi", "error": false } },
        { "wait": 250 },
        { "say": "It says Hi." }
      ] },
    { "when": { "prompt": "Stop me" }, "do": [{ "say": "On it." }, "hang"] },
    { "do": [{ "exit": 3 }] }
  ]
}
"#;

fn main() {
    let args: Vec<_> = std::env::args_os().collect();
    let name = args
        .first()
        .and_then(|a| Path::new(a).file_name())
        .unwrap_or_default();
    if name.as_encoded_bytes().starts_with(b"mock-claude")
        && let Some(own) = args
            .get(1)
            .and_then(|a| a.to_str())
            .filter(|a| a.starts_with("--mock-"))
    {
        exit(own_command(own, args.get(2).map(AsRef::as_ref)));
    }
    match mock_claude::Invocation::of_process() {
        Ok(invocation) => exit(mock_claude::run(&invocation)),
        Err(error) => {
            eprintln!("mock-claude: failed to {error}");
            exit(70);
        }
    }
}

fn own_command(command: &str, operand: Option<&OsStr>) -> i32 {
    match (command, operand) {
        ("--mock-help", _) => print!("{HELP}{EXAMPLE}"),
        ("--mock-version", _) => {
            let versions: Vec<&str> = mock_claude::profile::Profile::versions().collect();
            println!(
                "mock-claude {} ({})",
                env!("CARGO_PKG_VERSION"),
                versions.join(", ")
            );
        }
        ("--mock-install", Some(dir)) => {
            let installed = std::env::current_exe()
                .and_then(|exe| mock_claude::cli_js::install(&exe, Path::new(dir)));
            if let Err(error) = installed {
                eprintln!(
                    "mock-claude: failed to install into {}: {error}",
                    dir.display()
                );
                return 1;
            }
        }
        _ => {
            eprintln!("mock-claude: {command} is not known or lacks its operand; see --mock-help");
            return 2;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_in_the_help_is_a_script() {
        let script = mock_claude::script::Script::parse("example.json", super::EXAMPLE).unwrap();
        assert_eq!(script.calls.len(), 4);
    }
}
