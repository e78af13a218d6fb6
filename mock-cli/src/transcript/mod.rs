//! Transcripts: where the CLI keeps its sessions, how they are named, and what stands in them.
//!
//! The harness writes histories with this ([`PastSession`]), "as the real CLI would have written them":
//!
//! ```
//! use mock_claude::profile::Profile;
//! use mock_claude::transcript::{Home, PastSession};
//!
//! let dir = tempfile::tempdir().unwrap();
//! let home = Home::in_home(dir.path());
//! let file = PastSession::new(Profile::newest(), "/tmp/shop", 1)
//!     .turn(1_795_000_000_000, "How many items?", "Three.")
//!     .turn(1_795_000_060_000, "Add one.", "Four now.")
//!     .write(&home)
//!     .unwrap();
//! assert!(file.starts_with(dir.path().join(".claude/projects/-tmp-shop")));
//! ```

mod attachments;
mod copies;
mod entry;
mod files;
mod history;
mod home;
mod name;
mod place;
mod read;
mod recorder;
mod summary;

use files::record_project;
pub(crate) use files::{append, read_todos, write_config, write_debug, write_fixed, write_todos};

pub(crate) use attachments::{Moment, Surroundings};
pub(crate) use entry::{BlockEntry, PromptKind};
pub use history::PastSession;
pub(crate) use history::kept_usage;
pub use home::Home;
pub use name::directory_name;
pub(crate) use place::Place;
pub(crate) use read::{Past, latest};
pub(crate) use recorder::Recorder;
pub(crate) use summary::summaries;
