//! The one comparison with the real CLI: recordings of it are replayed on the stand-in, and what comes out is compared.
//!
//! The way of a case: [`recording`] -> [`setup`] and [`ground`] (what has to be there first) -> [`subject`] (the
//! stand-in, or somebody else's: the harness has the real CLI) -> [`client`] (the same frames in the same causal order)
//! -> [`seen`] -> [`compare`] by the [`rules`] -> [`report`].
//!
//! The tests of `mock-claude` run it on the small binary, the harness on itself.

pub mod answers;
pub mod bytes;
pub mod client;
pub mod compare;
mod data;
pub mod fit;
pub mod ground;
pub mod kept;
pub mod known;
pub mod left;
pub mod live;
pub mod perturb;
pub mod recording;
pub mod replay;
pub mod report;
pub mod rules;
pub mod seen;
pub mod setup;
pub mod shipped;
pub mod steps;
pub mod subject;
pub mod suite;
pub mod turns;

/// What stops a whole conformance run. The text completes "failed to ...".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be used.
    #[error("use {path}")]
    Io {
        /// Which.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A recording is not what a recording is.
    #[error("read the recording {path}: {message}")]
    Recording {
        /// Which.
        path: std::path::PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// One of the data files is wrong.
    #[error("read {name}: {message}")]
    Data {
        /// Which.
        name: String,
        /// What is wrong with it.
        message: String,
    },
    /// Nothing was selected.
    #[error("find a recorded case of this version and name")]
    Nothing,
}

impl Error {
    /// A file or folder could not be used.
    pub fn io(path: &std::path::Path, source: std::io::Error) -> Self {
        Error::Io {
            path: path.to_owned(),
            source,
        }
    }
}
