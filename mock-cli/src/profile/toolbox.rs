//! What a version's tools do, where versions differ.

use super::by_name::by_name;
use crate::order::SortedMap;
use serde::Deserialize;

/// The tools of a version beyond their names.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Toolbox {
    /// Tools by the names that they go by besides.
    #[serde(default)]
    pub(crate) aliases: SortedMap<String, String>,
    /// Tools that are there only where the command line names one.
    #[serde(default)]
    pub(crate) named: Vec<Named>,
    /// What is said of tools that the version knows and the session does not have; the first one that speaks of a tool
    /// counts.
    #[serde(default)]
    pub(crate) absent: Vec<Absent>,
    /// The same of a tool of the session's usual ones.
    #[serde(default)]
    pub(crate) disabled: String,
    /// The same of any of them where the session is that of an agent.
    #[serde(default)]
    pub(crate) not_of_agent: String,
    /// Tools that subagents do not have.
    #[serde(default)]
    pub(crate) agents_lack: Vec<String>,
    /// Tools that those of them do not have that only look.
    #[serde(default)]
    pub(crate) lookers_lack: Vec<String>,
    /// The same of what subagents do not have.
    #[serde(default)]
    pub(crate) agents_lack_text: String,
    /// The same of what stands in for `Bash`, where that is missing, too.
    #[serde(default)]
    pub(crate) unreplaced: String,
    /// The encodings of text.
    pub(crate) encodings: Encodings,
    /// What keeps a file that was read from being changed.
    pub(crate) stale: Stale,
    /// Whether a file may be edited and written that nobody has read.
    #[serde(default)]
    pub(crate) changes_unread: bool,
    /// Whether a file that is to be read is looked for before anybody is asked.
    #[serde(default)]
    pub(crate) looks_first: bool,
    /// Whether a notebook may be changed that nobody has read.
    #[serde(default)]
    pub(crate) changes_unread_notebooks: bool,
    /// Whether printing a file with `cat` is as good as reading it.
    #[serde(default)]
    pub(crate) sees_printed: bool,
    /// Whether a line number below one, and a number of lines that is not above zero, count for none.
    #[serde(default)]
    pub(crate) ignores_odd_ranges: bool,
    /// Whether the line ends of a file that is written as a whole stay as they were.
    #[serde(default)]
    pub(crate) keeps_returns: bool,
    /// Whether images are looked into.
    #[serde(default)]
    pub(crate) checks_images: bool,
    /// Endings of images.
    pub(crate) images: Vec<String>,
    /// Endings of binaries, beyond those that every version knows.
    #[serde(default)]
    pub(crate) binaries: Vec<String>,
    /// Whether a document stands in the tool's result, not behind it.
    #[serde(default)]
    pub(crate) documents_inside: bool,
    /// How files are found and searched.
    pub(crate) search: Search,
    /// Whether a search on the web tells how often it searched.
    #[serde(default)]
    pub(crate) counts_searches: bool,
    /// Whether a new item of the model's list is told with its description.
    #[serde(default)]
    pub(crate) describes_duties: bool,
    /// Whether commands that begin with `sleep` end when their time is up, rather than go on in the background.
    #[serde(default)]
    pub(crate) ends_late_naps: bool,
    /// Whether `BASH_MAX_TIMEOUT_MS` holds for what a call asks for.
    #[serde(default)]
    pub(crate) caps_limits: bool,
    /// Where the plan is looked for when plan mode is left.
    pub(crate) plan_exit: PlanExit,
}

/// Tools that come with others.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Named {
    /// Any of these is named.
    pub(crate) by: Vec<String>,
    /// These are there then.
    pub(crate) adds: Vec<String>,
}

/// What is said of tools that are not there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Absent {
    pub(crate) tools: Vec<String>,
    pub(crate) text: String,
}

by_name! {
    /// The encodings of text that are known.
    pub(crate) enum Encodings {
        /// UTF-8, with any mark as part of the text.
        Utf8,
        /// UTF-8, without its mark.
        Marked,
        /// The same, and UTF-16 behind its mark.
        Wide,
    }
}

by_name! {
    /// What keeps a file that was read from being changed.
    pub(crate) enum Stale {
        /// Nothing.
        Never,
        /// Any writing to it since.
        Touched,
        /// The same where only a part was asked for; else what stands there has changed.
        ChangedOrPart,
        /// What stands there has changed, and it is to be written as a whole.
        Changed,
    }
}

by_name! {
    /// How files are found and searched.
    pub(crate) enum Search {
        /// By full paths; `Glob` leaves hidden files out, and a folder that is missing has none.
        Plain,
        /// `Glob` shows full paths, `Grep` those below the working folder, with line numbers.
        Numbered,
        /// Both show paths below the working folder.
        Relative,
        /// The same, in the order of the paths, with the whole numbers, and a pattern that is wrong is an error.
        Counted,
    }
}

by_name! {
    /// Where the plan is looked for when plan mode is left.
    #[derive(PartialOrd, Ord)]
    pub(crate) enum PlanExit {
        /// Nowhere.
        Plain,
        /// In the session's file.
        File,
        /// In the call, then in the file.
        Given,
        /// In what the user makes of the call, then in the file; the model's is left out.
        FromFile,
    }
}
