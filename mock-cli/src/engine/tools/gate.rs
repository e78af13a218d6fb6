//! Who may do what, and who was asked.

use super::{Asked, Permissions};
use crate::engine::Setup;
use serde_json::Value;

/// The permissions of a session.
#[derive(Debug)]
pub(in crate::engine) struct Gate {
    pub(in crate::engine) rules: Permissions,
    pub(in crate::engine) mode: String,
    /// `permission_denials` of the results.
    pub(in crate::engine) denials: Vec<Value>,
    /// A question that went out before its turn.
    pub(super) asked: Option<Asked>,
}

impl Gate {
    pub(in crate::engine) fn new(setup: &Setup) -> Gate {
        Gate {
            rules: Permissions::new(&setup.options, &setup.home, &setup.cwd),
            mode: setup.options.mode().to_owned(),
            denials: Vec::new(),
            asked: None,
        }
    }
}
