//! Which environments and layouts go together, where `all` of one kind is asked for.

use super::{Catalog, Overrides};
use crate::stage::{Environment, Layout};
use std::collections::BTreeSet;

/// A pair, or an environment with every layout, that `all` does not stand for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct LeftOut {
    /// The environment.
    pub environment: String,
    /// The layout; None for every one.
    pub layout: Option<String>,
    /// Why.
    pub reason: String,
}

/// Why a layout makes no sense in an environment, if it does not.
pub fn misfit(environment: &Environment, layout: &Layout) -> Option<String> {
    let listed = |all: Vec<&str>| all.join(", ");
    if !layout.systems.is_empty() && !layout.systems.contains(&environment.system) {
        let systems = listed(layout.systems.iter().map(|system| system.name()).collect());
        return Some(format!("only on {systems}"));
    }
    if !layout.kinds.is_empty() && !layout.kinds.contains(&environment.kind) {
        let kinds = listed(layout.kinds.iter().map(|kind| kind.name()).collect());
        return Some(format!("only in environments of the kind {kinds}"));
    }
    None
}

impl Overrides {
    /// Whether `all` is among them, so that what does not fit is left out.
    pub fn is_matrix(&self) -> bool {
        self.all_environments || self.all_layouts
    }

    /// The pairs to run a scenario of this environment and this layout on, and those that `all` leaves out.
    pub(super) fn pairs(
        &self,
        own: (&str, &str),
        catalog: &Catalog,
    ) -> (Vec<(String, String)>, BTreeSet<LeftOut>) {
        let (mut pairs, mut left_out) = (Vec::new(), BTreeSet::new());
        let or_own = |names: &[String], own: &str| {
            if names.is_empty() {
                vec![own.to_owned()]
            } else {
                names.to_vec()
            }
        };
        for environment in or_own(&self.environments, own.0) {
            let found = catalog.environment(&environment);
            if self.all_environments
                && let Some(reason) = found.and_then(|found| found.unsupported.clone())
            {
                left_out.insert(LeftOut {
                    environment,
                    layout: None,
                    reason,
                });
                continue;
            }
            for layout in or_own(&self.layouts, own.1) {
                let misfit = found
                    .zip(catalog.layout(&layout))
                    .and_then(|(environment, layout)| misfit(environment, layout));
                match misfit {
                    Some(reason) if self.is_matrix() => {
                        left_out.insert(LeftOut {
                            environment: environment.clone(),
                            layout: Some(layout),
                            reason,
                        });
                    }
                    _ => pairs.push((environment.clone(), layout)),
                }
            }
        }
        (pairs, left_out)
    }
}
