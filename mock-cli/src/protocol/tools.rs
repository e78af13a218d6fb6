//! The inputs of the CLI's own tools.

use super::wire::{Object, wire};
use serde_json::{Number, Value};

wire! {
    /// The input of `Bash`.
    pub struct Bash {
        /// What the shell runs.
        command: Option<String>,
        /// What it does.
        description: Option<String>,
        /// How long it may take, in milliseconds.
        timeout: Option<Number>,
        /// It goes on in the background.
        background as "run_in_background": Option<bool>,
    }

    /// The input of `BashOutput` and `KillShell`.
    pub struct Shell {
        /// The command in the background.
        bash_id: Option<String>,
        /// The same, as `KillShell` calls it.
        shell_id: Option<String>,
    }

    /// The input of `TaskOutput` and `TaskStop`.
    pub struct Task {
        /// The task.
        task_id: Option<String>,
        /// Whether its end is waited for.
        block: Option<bool>,
        /// For how long, in milliseconds.
        timeout: Option<Number>,
    }

    /// The input of tools that are about one file.
    pub struct File {
        /// The file.
        file_path: Option<String>,
        /// The first line.
        offset: Option<Number>,
        /// How many lines.
        limit: Option<Number>,
        /// Its new content.
        content: Option<String>,
        /// What is replaced.
        old_string: Option<String>,
        /// By what.
        new_string: Option<String>,
        /// Everywhere.
        replace_all: Option<bool>,
    }

    /// The input of the tool that starts subagents.
    pub struct Agent {
        /// What it does, in few words.
        description: Option<String>,
        /// What it is asked for.
        prompt: Option<String>,
        /// Its kind.
        subagent_type: Option<String>,
        /// It goes on in the background.
        background as "run_in_background": Option<bool>,
    }

    /// The input of `TodoWrite`.
    pub struct Todos {
        /// The list.
        todos: Option<Value>,
    }

    /// The input of `AskUserQuestion`.
    pub struct Questions {
        /// The questions.
        questions: Option<Value>,
        /// The answers, which the client adds.
        answers: Option<Object>,
    }

    /// What newer versions make of input that is no JSON.
    pub struct Unparsed {
        /// The input.
        input as "__unparsedToolInput": Option<UnparsedInput>,
    }

    /// Input that is no JSON.
    pub struct UnparsedInput {
        /// The text.
        raw: Option<String>,
        /// Its length.
        len: Option<u64>,
    }
}
