//! What people and models are told about permissions.

use super::{Capabilities, ToolUse};
use std::path::Path;

/// Nobody has allowed a command.
pub(super) const NEEDS_APPROVAL: &str = "This command requires approval";
/// A path lies outside of the session's folders.
pub(super) const OUTSIDE: &str = "Path is outside allowed working directories";
/// A command is left running.
pub(super) const BACKGROUND: &str = "This command uses the `&` background operator, which defers execution past approval-time safety checks. Approve only if you trust it.";
/// A command in parentheses.
pub(super) const OPERATORS: &str =
    "This command uses shell operators that require approval for safety";
/// Several changes of folder.
pub(super) const FOLDERS: &str =
    "Multiple directory changes in one command require approval for clarity";
/// A path with `..` behind a folder.
pub(super) const DOTS: &str = "Path contains '..' traversal after a directory segment, which may follow a symlink outside the working directory";
/// A pattern among files that are changed.
pub(super) const GLOB: &str =
    "Glob patterns are not allowed in write operations. Please specify an exact file path.";
/// A variable or the like in a path.
pub(super) const EXPANSION: &str = "Shell expansion syntax in paths requires manual approval";
/// Somebody's home folder.
pub(super) const TILDE: &str =
    "Tilde expansion variants (~user, ~+, ~-) in paths require manual approval";
/// A redirection to the network.
pub(super) const NETWORK: &str =
    "Redirect involving /dev/tcp or /dev/udp opens a network connection";
/// A script of sed that is not plainly a replacement.
pub(super) const SED: &str = "sed command contains operations that require explicit approval (e.g., write commands, execute commands)";
/// A file that a read rule denies.
pub(super) const DENIED_FOLDER: &str =
    "File is in a directory that is denied by your permission settings.";

/// A change of folder before git, whose configuration lies there.
pub(super) fn folder_then_git(capabilities: &Capabilities) -> &'static str {
    match capabilities.shell {
        3 => {
            "This command changes directory before running git, which can execute untrusted hooks from the target directory. Approve only if you trust it."
        }
        _ => {
            "This command changes directory before running a version-control command, which can pick up untrusted hooks or repository configuration from the target directory. Approve only if you trust it."
        }
    }
}

/// A change of folder before files are written: what people are told, and the model.
pub(super) fn folder_then_write(redirects: bool) -> (String, String) {
    let (what, how) = match redirects {
        true => ("output redirection", "write via output redirection"),
        false => ("write operation", "perform write operations"),
    };
    (
        format!(
            "Compound command contains cd with {what} - manual approval required to prevent path resolution bypass"
        ),
        format!(
            "Commands that change directories and {how} require explicit approval to ensure paths are evaluated correctly. For security, Claude Code cannot automatically determine the final working directory when 'cd' is used in compound commands."
        ),
    )
}

/// Several commands of which these need approval.
pub(super) fn parts(parts: &[String]) -> String {
    let noun = match parts.len() {
        1 => "part requires",
        _ => "parts require",
    };
    format!(
        "This Bash command contains multiple operations. The following {noun} approval: {}",
        parts.join(", ")
    )
}

/// A file tool that would read or write.
pub(super) fn needs(verb: &str, path: &Path) -> String {
    format!(
        "Claude requested permissions to {verb} {}, but you haven't granted it yet.",
        path.display()
    )
}

/// A tool that nobody has allowed.
pub(super) fn needs_use(tool: &str) -> String {
    format!("Claude requested permissions to use {tool}, but you haven't granted it yet.")
}

/// A file that is protected.
pub(super) fn sensitive(path: &Path) -> String {
    format!(
        "Claude requested permissions to edit {} which is a sensitive file.",
        path.display()
    )
}

/// A link that leads out of the session's folders.
pub(super) fn leads_out(path: &Path, real: &Path) -> String {
    format!(
        "{} resolves through a symlink to {}, which is outside the allowed working directories",
        path.display(),
        real.display()
    )
}

/// What is done with a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Works {
    /// Whether it is only looked at.
    pub(super) looks: bool,
    /// What people are told that may only be done, up to the folders' name.
    pub(super) does: &'static str,
}

/// A program or a redirection that works on a file outside of the folders, or changes one within.
pub(super) fn on_file(
    capabilities: &Capabilities,
    by: &str,
    path: &str,
    works: Works,
    inside: bool,
    folders: &str,
) -> String {
    match (works.looks, capabilities.shell) {
        (false, 4..) if inside => format!(
            "{by} '{path}' needs approval. The path is inside the working directories for this session ({folders}), and Claude Code asks before a shell command creates, changes or removes files there."
        ),
        (false, 4..) => format!(
            "{by} '{path}' needs approval. The path is outside the working directories for this session ({folders}). Allowing runs the command as written."
        ),
        _ => format!(
            "{by} '{path}' was blocked. For security, Claude Code may only {} the allowed working directories for this session: {folders}.",
            works.does
        ),
    }
}

/// A call that a mode denies in which nobody is asked.
pub(super) fn dont_ask(capabilities: &Capabilities, tool: &str) -> String {
    match capabilities.permissions {
        ..=2 => format!("Permission to use {tool} has been auto-denied in dontAsk mode."),
        _ => format!(
            "Permission to use {tool} has been denied because Claude Code is running in don't ask mode. (The rest of this notice is the stand-in's own.)"
        ),
    }
}

/// Whether a classifier is to judge what would be asked otherwise.
pub(super) fn needs_classifier(capabilities: &Capabilities, call: &ToolUse) -> bool {
    call.mode == "auto" || (call.mode == "plan" && capabilities.permissions >= 4)
}

/// What a model and what people are told of a call that a classifier would have to judge; the stand-in has none.
pub(super) fn no_classifier(capabilities: &Capabilities, tool: &str) -> (String, &'static str) {
    if capabilities.permissions >= 4 {
        let told = format!(
            "Auto mode is unavailable: its safety check does not run for this session, so {tool} was not run. (The rest of this notice is the stand-in's own.)"
        );
        return (told, "Classifier unavailable");
    }
    let reason = "Auto mode could not evaluate this action and is blocking it for safety — run with --debug for details";
    let told = format!(
        "Permission for this action was denied by the Claude Code auto mode classifier. Reason: {reason}. (The rest of this notice is the stand-in's own.)"
    );
    (told, reason)
}
