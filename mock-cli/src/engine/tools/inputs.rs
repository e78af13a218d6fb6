//! What the tools take: the parameters of each, as far as the CLI checks them.

/// A parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) needed: bool,
}

/// What a parameter may be.
#[derive(Debug)]
pub(super) enum Kind {
    /// A text of at least so many characters; what is said of a shorter one, where that is not the usual.
    Text(u64, Option<&'static str>),
    Number,
    Flag,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, or another one.
    OneOfOr(&'static [&'static str], &'static str),
    /// The address of a page.
    Address,
    /// A list of at least so many.
    List(&'static Kind, u64, Option<&'static str>),
    Object(&'static [Parameter]),
    Any,
}

/// The parameters of a tool, and whether it may have others.
#[derive(Debug)]
pub(super) struct Tool {
    name: &'static str,
    pub(super) parameters: &'static [Parameter],
    pub(super) open: bool,
}

const TEXT: Kind = Kind::Text(0, None);

const fn needs(name: &'static str, kind: Kind) -> Parameter {
    Parameter {
        name,
        kind,
        needed: true,
    }
}

const fn takes(name: &'static str, kind: Kind) -> Parameter {
    Parameter {
        name,
        kind,
        needed: false,
    }
}

const fn tool(name: &'static str, parameters: &'static [Parameter]) -> Tool {
    Tool {
        name,
        parameters,
        open: false,
    }
}

const fn open(name: &'static str, parameters: &'static [Parameter]) -> Tool {
    Tool {
        name,
        parameters,
        open: true,
    }
}

const STATES: Kind = Kind::OneOf(&["pending", "in_progress", "completed"]);
const FULL_CONTENT: &str = "Content cannot be empty";
const FULL_FORM: &str = "Active form cannot be empty";

const EDIT: &[Parameter] = &[
    needs("old_string", TEXT),
    needs("new_string", TEXT),
    takes("replace_all", Kind::Flag),
];
const TODO: &[Parameter] = &[
    needs("content", Kind::Text(1, Some(FULL_CONTENT))),
    needs("status", STATES),
    needs("activeForm", Kind::Text(1, Some(FULL_FORM))),
];
const CHOICE: &[Parameter] = &[
    needs("label", TEXT),
    needs("description", TEXT),
    takes("preview", Kind::Any),
    takes("markdown", Kind::Any),
];
const QUESTION: &[Parameter] = &[
    needs("question", TEXT),
    needs("header", TEXT),
    needs("options", Kind::List(&Kind::Object(CHOICE), 2, None)),
    takes("multiSelect", Kind::Flag),
];

const TOOLS: &[Tool] = &[
    tool(
        "Bash",
        &[
            needs("command", TEXT),
            takes("timeout", Kind::Number),
            takes("description", TEXT),
            takes("run_in_background", Kind::Flag),
            takes("dangerouslyDisableSandbox", Kind::Flag),
            takes("sandbox", Kind::Any),
            takes("shellExecutable", Kind::Any),
        ],
    ),
    tool(
        "Read",
        &[
            needs("file_path", TEXT),
            takes("offset", Kind::Number),
            takes("limit", Kind::Number),
            takes("pages", Kind::Any),
            takes("allow_large", Kind::Any),
        ],
    ),
    tool("Write", &[needs("file_path", TEXT), needs("content", TEXT)]),
    tool(
        "Edit",
        &[
            needs("file_path", TEXT),
            needs("old_string", TEXT),
            needs("new_string", TEXT),
            takes("replace_all", Kind::Flag),
        ],
    ),
    tool(
        "MultiEdit",
        &[
            needs("file_path", TEXT),
            needs(
                "edits",
                Kind::List(
                    &Kind::Object(EDIT),
                    1,
                    Some("At least one edit is required"),
                ),
            ),
        ],
    ),
    tool(
        "NotebookEdit",
        &[
            needs("notebook_path", TEXT),
            takes("cell_id", TEXT),
            needs("new_source", TEXT),
            takes("cell_type", Kind::OneOf(&["code", "markdown"])),
            takes("edit_mode", Kind::OneOf(&["replace", "insert", "delete"])),
        ],
    ),
    tool("Glob", &[needs("pattern", TEXT), takes("path", TEXT)]),
    tool(
        "Grep",
        &[
            needs("pattern", TEXT),
            takes("path", TEXT),
            takes("glob", TEXT),
            takes(
                "output_mode",
                Kind::OneOf(&["content", "files_with_matches", "count"]),
            ),
            takes("-B", Kind::Number),
            takes("-A", Kind::Number),
            takes("-C", Kind::Number),
            takes("context", Kind::Number),
            takes("-n", Kind::Flag),
            takes("-i", Kind::Flag),
            takes("-o", Kind::Flag),
            takes("type", TEXT),
            takes("head_limit", Kind::Number),
            takes("offset", Kind::Number),
            takes("multiline", Kind::Flag),
        ],
    ),
    tool(
        "BashOutput",
        &[needs("bash_id", TEXT), takes("filter", TEXT)],
    ),
    tool("KillBash", &[needs("shell_id", TEXT)]),
    tool("KillShell", &[needs("shell_id", TEXT)]),
    tool(
        "TaskStop",
        &[takes("task_id", TEXT), takes("shell_id", TEXT)],
    ),
    tool(
        "WebFetch",
        &[
            needs("url", Kind::Address),
            needs("prompt", TEXT),
            takes("timeout", Kind::Any),
        ],
    ),
    tool(
        "WebSearch",
        &[
            needs("query", Kind::Text(2, None)),
            takes("allowed_domains", Kind::List(&TEXT, 0, None)),
            takes("blocked_domains", Kind::List(&TEXT, 0, None)),
            takes("mode", Kind::Any),
        ],
    ),
    tool(
        "TodoWrite",
        &[needs("todos", Kind::List(&Kind::Object(TODO), 0, None))],
    ),
    tool(
        "TaskCreate",
        &[
            needs("subject", TEXT),
            takes("description", TEXT),
            takes("activeForm", TEXT),
            takes("metadata", Kind::Any),
        ],
    ),
    tool("TaskGet", &[needs("taskId", TEXT)]),
    tool("TaskList", &[]),
    tool(
        "TaskUpdate",
        &[
            needs("taskId", TEXT),
            takes("subject", TEXT),
            takes("description", TEXT),
            takes("activeForm", TEXT),
            takes(
                "status",
                Kind::OneOfOr(&["pending", "in_progress", "completed"], "deleted"),
            ),
            takes("addBlocks", Kind::List(&TEXT, 0, None)),
            takes("addBlockedBy", Kind::List(&TEXT, 0, None)),
            takes("owner", TEXT),
            takes("metadata", Kind::Any),
        ],
    ),
    tool("ExitPlanMode", &[needs("plan", TEXT)]),
    tool("EnterPlanMode", &[]),
    tool(
        "AskUserQuestion",
        &[
            needs("questions", Kind::List(&Kind::Object(QUESTION), 1, None)),
            takes("answers", Kind::Any),
            takes("annotations", Kind::Any),
            takes("metadata", Kind::Any),
        ],
    ),
    open("Skill", &[needs("skill", TEXT), takes("args", TEXT)]),
    open(
        "ToolSearch",
        &[needs("query", TEXT), takes("max_results", Kind::Number)],
    ),
];

/// What a tool takes, where that is checked.
pub(super) fn of(name: &str) -> Option<&'static Tool> {
    TOOLS.iter().find(|tool| tool.name == name)
}
