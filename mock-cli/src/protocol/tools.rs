//! The inputs of the CLI's own tools, and what comes of them.

use super::wire::{Nullable, Object, wire};
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

    /// What came of `Bash`.
    pub struct BashResult {
        /// Its stdout.
        stdout: Option<String>,
        /// Its stderr.
        stderr: Option<String>,
        /// Whether the user stopped it.
        interrupted: Option<bool>,
        /// Whether it printed a picture.
        image as "isImage": Option<bool>,
        /// What its exit code means, where it is no failure.
        code_meaning as "returnCodeInterpretation": Option<String>,
        /// Whether nobody expects it to say anything.
        quiet as "noOutputExpected": Option<bool>,
        /// Where all of its output is.
        persisted_path as "persistedOutputPath": Option<String>,
        /// How much that is.
        persisted_size as "persistedOutputSize": Option<u64>,
        /// The task that it has become.
        task_id as "backgroundTaskId": Option<String>,
        /// The limit that it has passed.
        timed_out_after as "timedOutAfterMs": Option<u64>,
    }

    /// What came of `Write`.
    pub struct WriteResult {
        /// `create` or `update`.
        kind as "type": Option<String>,
        /// The file.
        path as "filePath": Option<String>,
        /// Its content.
        content: Option<String>,
        /// How it differs.
        patch as "structuredPatch": Option<Value>,
        /// What it was before.
        original as "originalFile": Nullable<String>,
        /// Whether the user has changed what was written.
        user_modified as "userModified": Option<bool>,
    }

    /// What came of `Edit`.
    pub struct EditResult {
        /// The file.
        path as "filePath": Option<String>,
        /// What was replaced.
        old_string as "oldString": Option<String>,
        /// By what.
        new_string as "newString": Option<String>,
        /// What the file was before.
        original as "originalFile": Nullable<String>,
        /// How it differs.
        patch as "structuredPatch": Option<Value>,
        /// Whether the user has changed what was written.
        user_modified as "userModified": Option<bool>,
        /// Whether it was replaced everywhere.
        replace_all as "replaceAll": Option<bool>,
        /// Whether the model has not seen the file.
        unseen as "contentNotInModelContext": Option<bool>,
    }

    /// The input of `Glob`.
    pub struct Glob {
        /// What names look like.
        pattern: Option<String>,
        /// The folder; the working folder where it is absent.
        path: Option<String>,
    }

    /// The input of `Skill`.
    pub struct Skill {
        /// Which.
        skill: Option<String>,
        /// What it gets.
        args: Option<String>,
    }

    /// The input of `Grep`.
    pub struct Grep {
        /// What is looked for.
        pattern: Option<String>,
        /// Where; the working folder where it is absent.
        path: Option<String>,
        /// What names of files look like.
        glob: Option<String>,
        /// `content`, `files_with_matches` or `count`.
        output_mode: Option<String>,
        /// Whether lines are told with their numbers.
        numbers as "-n": Option<bool>,
        /// Whether letters are the same in both cases.
        ignore_case as "-i": Option<bool>,
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

    /// What a JSON schema asks for, as far as the CLI's checker was seen to look.
    pub struct Schema {
        /// The type.
        kind as "type": Option<String>,
        /// The values that may be.
        allowed as "enum": Option<Vec<Value>>,
        /// Keys that an object must have.
        required: Option<Vec<String>>,
        /// What stands behind an object's keys.
        properties: Option<Object>,
        /// Whether it may have others.
        additional as "additionalProperties": Option<Value>,
        /// What an array has.
        items: Option<Object>,
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
