//! `claude-harness init`.

mod files;
mod guess;

use super::{Complaint, OK, print_line};
use crate::backend::from_file;
use clap::ValueEnum;
use dialoguer::{Input, Select};
use guess::Guess;
use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// The backend's name, which becomes its file's; the project's when not given
    #[arg(long)]
    name: Option<String>,
    /// How it is started, with {port}, {node}, {python}, {server} and others in it, e.g. "{node} {server}/index.js --port {port}"
    #[arg(long, value_name = "WORDS")]
    command: Option<String>,
    /// How it is spoken to
    #[arg(long)]
    driver: Option<DriverName>,
    /// How it is told where the CLI is
    #[arg(long, value_name = "WAY")]
    cli: Option<Way>,
    /// Take the guesses, ask nothing
    #[arg(long, short)]
    yes: bool,
    /// Write over files that are there
    #[arg(long)]
    force: bool,
}

/// A driver of backend files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DriverName {
    /// The HTTP API of claude-code-webui
    Webui,
    /// OpenAI's chat completions, whole
    Openai,
    /// OpenAI's chat completions, streamed
    OpenaiStream,
    /// HTTP, mapped in the file
    Http,
    /// JSON messages over a WebSocket, mapped in the file
    Websocket,
    /// The Agent Client Protocol on stdin and stdout
    Acp,
    /// A tool of an MCP server on stdin and stdout
    Mcp,
    /// A command for each message
    Command,
}

/// How a backend is told where the CLI is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Way {
    /// --claude-path in its arguments
    Option,
    /// CLAUDE_CLI_PATH in its environment
    Variable,
    /// It looks for `claude` on PATH
    Path,
}

impl DriverName {
    fn text(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }
}

/// Looks at the project, asks what it cannot know, and writes a backend file, a scenario and a CI workflow.
pub(super) fn init(arguments: &Arguments) -> Result<u8, Complaint> {
    let folder = PathBuf::from(".");
    let mut guess = Guess::of(&folder);
    for fact in &guess.facts {
        print_line(&format!("found {fact}"));
    }
    if let Some(name) = &arguments.name {
        guess.name.clone_from(name);
    }
    if let Some(command) = &arguments.command {
        guess.command = words(command);
        guess.command_is_sure = true;
    }
    guess.driver = arguments.driver.unwrap_or(guess.driver);
    guess.cli = arguments.cli.unwrap_or(guess.cli);
    let asks = !arguments.yes && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if asks {
        ask(&mut guess, arguments).map_err(|error| complaint(&error.to_string()))?;
    }
    if guess.command.is_empty() {
        let help = "say it with --command \"{node} {server}/index.js --port {port}\"";
        return Err(Box::new(Oops(format!(
            "nothing here says how the backend is started; {help}"
        ))));
    }
    if !is_name(&guess.name) {
        let name = &guess.name;
        return Err(complaint(&format!(
            "`{name}` is no name for a file: give --name with letters, digits and dashes"
        )));
    }
    let written = files::all(&guess);
    if !arguments.force
        && let Some((path, _)) = written.iter().find(|(path, _)| Path::new(path).exists())
    {
        return Err(complaint(&format!(
            "{path} is there already; --force writes over it"
        )));
    }
    for (path, text) in &written {
        let io = |error: std::io::Error| complaint(&format!("failed to write {path}: {error}"));
        if let Some(parent) = Path::new(path).parent() {
            fs::create_dir_all(parent).map_err(io)?;
        }
        fs::write(path, text).map_err(io)?;
        print_line(&format!("wrote {path}"));
    }
    // What was made up here must be right, whatever was answered.
    let backend = &written[0].0;
    from_file(Path::new(backend))
        .map_err(|error| Box::new(crate::yaml::Shown::from(error)) as Complaint)?;
    print_line("");
    if !guess.command_is_sure {
        print_line(&format!(
            "look at `start.command` in {backend}: it is a guess"
        ));
    }
    let scenario = &written[1].0;
    print_line(&format!("next: claude-harness run {scenario}"));
    print_line(&format!(
        "then: claude-harness run --backend {} lanes",
        guess.name
    ));
    Ok(OK)
}

/// A message for people.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{0}")]
struct Oops(String);

fn complaint(text: &str) -> Complaint {
    Box::new(Oops(text.to_owned()))
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.chars().all(plain)
}

/// A command line as words; quotes keep words together.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

fn ask(guess: &mut Guess, arguments: &Arguments) -> dialoguer::Result<()> {
    if arguments.name.is_none() {
        guess.name = Input::new()
            .with_prompt("A name for the backend")
            .default(guess.name.clone())
            .interact_text()?;
    }
    if arguments.command.is_none() {
        let line = Input::<String>::new()
            .with_prompt("How it is started ({port} is where it is to listen)")
            .default(guess.command.join(" "))
            .interact_text()?;
        guess.command = words(&line);
        guess.command_is_sure = true;
    }
    if arguments.driver.is_none() {
        guess.driver = choose("How it is spoken to", guess.driver)?;
    }
    if arguments.cli.is_none() {
        guess.cli = choose("How it is told where the CLI is", guess.cli)?;
    }
    Ok(())
}

fn choose<T: ValueEnum + PartialEq>(prompt: &str, now: T) -> dialoguer::Result<T> {
    let all = T::value_variants();
    let shown = all
        .iter()
        .filter_map(ValueEnum::to_possible_value)
        .map(|value| {
            let help = value
                .get_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            format!("{}: {help}", value.get_name())
        });
    let default = all.iter().position(|one| *one == now).unwrap_or(0);
    let chosen = Select::new()
        .with_prompt(prompt)
        .items(shown.collect::<Vec<_>>())
        .default(default)
        .interact()?;
    Ok(all[chosen].clone())
}

#[cfg(test)]
mod tests {
    use super::{DriverName, words};
    use clap::ValueEnum as _;

    #[test]
    fn every_driver_of_backend_files_can_be_chosen() {
        let named: Vec<String> = DriverName::value_variants()
            .iter()
            .map(|it| it.text())
            .collect();
        assert_eq!(named, crate::backend::DRIVERS);
    }

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(words("a  'b c' \"\" d\"e f\"g"), ["a", "b c", "", "de fg"]);
        assert!(words("  ").is_empty());
    }
}
