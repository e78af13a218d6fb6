//! The files that `init` writes.

use super::guess::Guess;
use super::{DriverName, Way};
use std::fmt::Write as _;

/// All of them, by their paths: first the backend file, then the scenario.
pub(super) fn all(guess: &Guess) -> Vec<(String, String)> {
    let name = &guess.name;
    vec![
        (format!("scenarios/backends/{name}.yaml"), backend(guess)),
        (format!("scenarios/{name}.yaml"), scenario(guess)),
        (
            ".github/workflows/claude-harness.yml".to_owned(),
            workflow(),
        ),
    ]
}

fn backend(guess: &Guess) -> String {
    let mut text = format!("about: The backend of {}.\n", guess.name);
    if let Some(server) = &guess.server {
        let _ = writeln!(
            text,
            "server: ../../{server}    # copied onto the stage with its folder"
        );
        let modules = guess.modules.as_deref().unwrap_or("node_modules");
        let _ = writeln!(text, "modules: ../../{modules}");
    }
    let mut command = guess.command.clone();
    if guess.cli == Way::Option && guess.driver != DriverName::Command {
        command.extend(["--claude-path", "{cli}"].map(str::to_owned));
    }
    let words: Vec<String> = command.iter().map(|word| format!("{word:?}")).collect();
    let _ = writeln!(text, "start:\n  command: [{}]", words.join(", "));
    match guess.cli {
        Way::Option => {}
        Way::Variable => text.push_str("  variables: { CLAUDE_CLI_PATH: \"{native-cli}\" }\n"),
        Way::Path => text.push_str("  variables: { PATH: \"{cli-folder}:{PATH}\" }\n"),
    }
    let _ = writeln!(text, "driver: {}", guess.driver.text());
    match guess.driver {
        DriverName::Http => text.push_str(
            "chat:\n  post: /api/chat\n  body: { message: \"{message}\" }\n  answer: json    # or ndjson, sse, text\n  text: /text     # a JSON pointer\n",
        ),
        DriverName::Websocket => text.push_str(
            "chat:\n  connect: /ws\n  body: { message: \"{message}\" }\n  text: /text     # a JSON pointer into a message\n  end: { at: /type, when: { /type: done } }\n",
        ),
        DriverName::Mcp => text.push_str("mcp: { tool: claude_code, arguments: { prompt: \"{message}\" } }\n"),
        _ => {}
    }
    text
}

fn scenario(guess: &Guess) -> String {
    format!(
        "about: >
  Two messages, the second in the same conversation, as at our users'.
environment: {}    # claude-harness list environments
layout: {}         # claude-harness list layouts
backend: {}
claude:
  - when: {{ contains: Hello }}
    do: [say: Hi there]
  - when: {{ contains: Go on }}
    do: [say: Where were we?]
steps:
  - chat: Hello
  - chat: {{ message: Go on, session: previous }}
",
        guess.environment, guess.layout, guess.name
    )
}

fn workflow() -> String {
    "name: claude-harness
on: [push, pull_request]
jobs:
  scenarios:
    strategy:
      fail-fast: false
      matrix: { os: [ubuntu-latest, macos-latest] }
    runs-on: ${{ matrix.os }}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 20 }
      - run: npm ci --if-present
      - run: cargo install --locked claude-harness    # or --git, or --path, wherever you have it from
      - run: claude-harness run scenarios
"
    .to_owned()
}
