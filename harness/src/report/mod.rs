//! From a judged run to what people and machines read: the snapshot, the terminal, JSON.

mod cross;
mod json;
mod matrix;
mod outcome;
mod record;
mod render;
mod repeats;
mod snapshot;
mod steps;
mod terminal;

pub use cross::{Cross, DefectSeen, Stray, Tally};
pub use json::document;
pub use matrix::{left_out, matrix};
pub use outcome::{Outcome, Section};
pub use record::{hangs, record};
pub use snapshot::{Comparison, Snapshots};
pub use terminal::{Style, difference, failure, one_line, summary};
