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

    /// The input of `MultiEdit`.
    pub struct MultiEdit {
        /// The file.
        file_path: Option<String>,
        /// The edits, one after another.
        edits: Option<Vec<OneEdit>>,
    }

    /// One of several edits.
    pub struct OneEdit {
        /// What is replaced.
        old_string: Option<String>,
        /// By what.
        new_string: Option<String>,
        /// Everywhere.
        replace_all: Option<bool>,
    }

    /// What came of `MultiEdit`.
    pub struct MultiEditResult {
        /// The file.
        path as "filePath": Option<String>,
        /// The edits.
        edits: Option<Vec<OneEdit>>,
        /// What the file was before.
        original as "originalFileContents": Option<String>,
        /// How it differs.
        patch as "structuredPatch": Option<Value>,
        /// Whether the user has changed what was written.
        user_modified as "userModified": Option<bool>,
    }

    /// What came of reading a text.
    pub struct TextRead {
        /// `text`.
        kind as "type": Option<String>,
        /// The file.
        file: Option<TextFile>,
    }

    /// A part of a text.
    pub struct TextFile {
        /// The file.
        path as "filePath": Option<String>,
        /// The part.
        content: Option<String>,
        /// How many lines it has.
        lines as "numLines": Option<u64>,
        /// Which one is the first.
        start as "startLine": Option<Number>,
        /// How many lines the file has.
        total as "totalLines": Option<u64>,
    }

    /// What came of reading a file once more.
    pub struct UnchangedRead {
        /// `file_unchanged`.
        kind as "type": Option<String>,
        /// The file.
        file: Option<Unchanged>,
    }

    /// A file that the model has as it is.
    pub struct Unchanged {
        /// The file.
        path as "filePath": Option<String>,
    }

    /// What came of reading an image.
    pub struct ImageRead {
        /// `image`.
        kind as "type": Option<String>,
        /// The file.
        file: Option<ImageFile>,
    }

    /// An image.
    pub struct ImageFile {
        /// Its bytes.
        base64: Option<String>,
        /// What it is.
        media as "type": Option<String>,
        /// How many bytes.
        size as "originalSize": Option<u64>,
        /// Its size in points.
        dimensions: Option<Dimensions>,
    }

    /// The size of an image.
    pub struct Dimensions {
        /// Its width in the file.
        original_width as "originalWidth": Option<u64>,
        /// Its height in the file.
        original_height as "originalHeight": Option<u64>,
        /// Its width as the model sees it.
        display_width as "displayWidth": Option<u64>,
        /// Its height as the model sees it.
        display_height as "displayHeight": Option<u64>,
    }

    /// What came of reading a document.
    pub struct DocumentRead {
        /// `pdf`.
        kind as "type": Option<String>,
        /// The file.
        file: Option<DocumentFile>,
    }

    /// A document.
    pub struct DocumentFile {
        /// The file.
        path as "filePath": Option<String>,
        /// Its bytes.
        base64: Option<String>,
        /// How many bytes.
        size as "originalSize": Option<u64>,
    }

    /// The input of `Glob` and `Grep`.
    pub struct Sought {
        /// The pattern.
        pattern: Option<String>,
        /// Where.
        path: Option<String>,
        /// Only in files of these names.
        glob: Option<String>,
        /// Only in files of this kind.
        kind as "type": Option<String>,
        /// What is shown: `files_with_matches`, `content` or `count`.
        output_mode: Option<String>,
        /// Lines before each that fits.
        before as "-B": Option<Number>,
        /// Lines after each that fits.
        after as "-A": Option<Number>,
        /// Lines on both sides.
        around as "-C": Option<Number>,
        /// Whether lines have their numbers.
        numbers as "-n": Option<bool>,
        /// Whether capital letters are as good as small ones.
        ignore_case as "-i": Option<bool>,
        /// Only so many.
        head_limit: Option<Number>,
        /// Without the first ones.
        offset: Option<Number>,
        /// Whether what fits may go over lines.
        multiline: Option<bool>,
    }

    /// What came of `Glob`.
    pub struct GlobResult {
        /// The files.
        names as "filenames": Option<Vec<String>>,
        /// How long it took.
        duration as "durationMs": Option<u64>,
        /// How many they are.
        count as "numFiles": Option<u64>,
        /// Whether there are more.
        truncated: Option<bool>,
        /// How many there are.
        total as "totalMatches": Option<u64>,
        /// Whether that is known.
        complete as "countIsComplete": Option<bool>,
    }

    /// What came of `Grep`.
    pub struct GrepResult {
        /// What is shown.
        mode: Option<String>,
        /// The files.
        names as "filenames": Option<Vec<String>>,
        /// How many they are.
        count as "numFiles": Option<u64>,
        /// How many there are.
        total_files as "totalFiles": Option<u64>,
        /// The lines.
        content: Option<String>,
        /// How many they are.
        lines as "numLines": Option<u64>,
        /// How many there are.
        total_lines as "totalLines": Option<u64>,
        /// How often the pattern fits.
        matches as "numMatches": Option<u64>,
        /// Only so many are shown.
        limit as "appliedLimit": Option<u64>,
        /// Without the first ones.
        offset as "appliedOffset": Option<u64>,
    }

    /// The input of `ExitPlanMode`.
    pub struct Plan {
        /// The plan.
        plan: Option<String>,
    }

    /// What came of `ExitPlanMode`.
    pub struct PlanResult {
        /// The plan.
        plan: Nullable<String>,
        /// Whether a subagent made it.
        agent as "isAgent": Option<bool>,
        /// Its file.
        path as "filePath": Option<String>,
        /// Whether the user has changed it.
        edited as "planWasEdited": Option<bool>,
    }

    /// The input of `Skill`.
    pub struct Skill {
        /// Its name.
        skill: Option<String>,
        /// What stands behind it.
        args: Option<String>,
    }

    /// What came of `Skill`.
    pub struct Launched {
        /// Whether it was found.
        success: Option<bool>,
        /// Its name.
        name as "commandName": Option<String>,
        /// The tools that it may use.
        tools as "allowedTools": Option<Vec<String>>,
    }

    /// The input of `WebFetch` and `WebSearch`.
    pub struct WebQuery {
        /// A page.
        url: Option<String>,
        /// What is sought.
        query: Option<String>,
        /// Only there.
        allowed as "allowed_domains": Option<Vec<String>>,
        /// Not there.
        blocked as "blocked_domains": Option<Vec<String>>,
    }

    /// What came of `WebSearch`.
    pub struct WebResult {
        /// What was sought.
        query: Option<String>,
        /// Pages, and what the model says of them.
        results: Option<Vec<Value>>,
        /// How long it took.
        duration as "durationSeconds": Option<Number>,
        /// How often it was searched.
        searches as "searchCount": Option<u64>,
    }

    /// The pages of one search.
    pub struct FoundPages {
        /// `web_search_tool_result`.
        kind as "type": Option<String>,
        /// The search.
        tool_use_id: Option<String>,
        /// The pages.
        content: Option<Vec<FoundPage>>,
    }

    /// A page that was found.
    pub struct FoundPage {
        /// Its title.
        title: Option<String>,
        /// Its address.
        url: Option<String>,
    }

    /// The input of `ToolSearch`.
    pub struct ToolQuery {
        /// What is sought.
        query: Option<String>,
        /// How many at most.
        most as "max_results": Option<Number>,
    }

    /// What came of `ToolSearch`.
    pub struct ToolMatches {
        /// The tools.
        matches: Option<Vec<String>>,
        /// What was sought.
        query: Option<String>,
        /// Among how many.
        total as "total_deferred_tools": Option<u64>,
    }

    /// The input of the tools on the list of things to do.
    pub struct Duty {
        /// Which one.
        id as "taskId": Option<String>,
        /// Its title.
        subject: Option<String>,
        /// What it is.
        description: Option<String>,
        /// How it is called while it is done.
        form as "activeForm": Option<String>,
        /// `pending`, `in_progress`, `completed` or `deleted`.
        status: Option<String>,
        /// What it keeps from being done.
        blocks as "addBlocks": Option<Vec<String>>,
        /// What keeps it from being done.
        blocked_by as "addBlockedBy": Option<Vec<String>>,
        /// Who does it.
        owner: Option<String>,
        /// Anything else.
        metadata: Option<Object>,
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
        /// The same, by the names of older tools.
        shell_id: Option<String>,
        /// The same.
        bash_id: Option<String>,
        /// The same.
        agent_id as "agentId": Option<String>,
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
        /// Its model.
        model: Option<String>,
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

impl Task {
    /// The task, by whichever name; empty where none is named.
    pub fn id(&self) -> &str {
        let names = [&self.task_id, &self.shell_id, &self.bash_id, &self.agent_id];
        names
            .into_iter()
            .flatten()
            .next()
            .map_or("", String::as_str)
    }
}
