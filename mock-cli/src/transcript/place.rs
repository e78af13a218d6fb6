//! What the lines of one session have in common.

/// What is the same in every line of a session.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The working folder.
    pub(crate) cwd: String,
    /// The session.
    pub(crate) session: String,
    /// The git branch, or what the version writes outside of a repository.
    pub(crate) branch: String,
    /// Whether the working folder lies in a git repository.
    pub(crate) is_git: bool,
    /// How the CLI was entered: `sdk-cli` unless `CLAUDE_CODE_ENTRYPOINT` says otherwise.
    pub(crate) entrypoint: String,
}
