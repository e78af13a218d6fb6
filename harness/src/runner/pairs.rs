//! Which environments and layouts go together, where `all` of one kind is asked for.

use super::{Catalog, Overrides};
use crate::scenario::Performance;
use crate::stage::{Environment, Layout};
use std::collections::BTreeSet;

/// What `all` does not stand for; None stands for every one.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct LeftOut {
    /// The variant.
    pub variant: Option<String>,
    /// The environment.
    pub environment: Option<String>,
    /// The layout.
    pub layout: Option<String>,
    /// The backend.
    pub backend: Option<String>,
    /// Why.
    pub reason: String,
}

/// Said of backends that are not run on every pair.
const THINNED: &str = "with two times `all`, only in every environment with the scenario's own layout, and with every \
                       layout in its own environment: a real SDK takes too long for every pair";

/// Why a layout makes no sense in an environment, if it does not.
pub fn misfit(environment: &Environment, layout: &Layout) -> Option<String> {
    let listed = |all: Vec<&str>| all.join(", ");
    if let Some(wrong) = &layout.wrong {
        return Some(format!("no backend works on it: {wrong}"));
    }
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
        self.all_environments || self.all_layouts || self.all_backends
    }

    /// The pairs to run a performance on, and those that `all` leaves out.
    pub(super) fn pairs(
        &self,
        own: &Performance,
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
        // What somebody names with --backend is what they want to know about.
        let real = self.backends.is_empty() && own.backend.name != "reference";
        let thinned = self.all_environments && self.all_layouts && real;
        for environment in or_own(&self.environments, &own.environment) {
            let found = catalog.environment(&environment);
            if self.all_environments
                && let Some(reason) = found.and_then(|found| found.unsupported.clone())
            {
                left_out.insert(LeftOut {
                    environment: Some(environment),
                    reason,
                    ..LeftOut::default()
                });
                continue;
            }
            for layout in or_own(&self.layouts, &own.layout) {
                let misfit = found
                    .zip(catalog.layout(&layout))
                    .and_then(|(environment, layout)| misfit(environment, layout));
                let crosses = environment == own.environment || layout == own.layout;
                match misfit {
                    Some(reason) if self.is_matrix() => {
                        left_out.insert(LeftOut {
                            environment: Some(environment.clone()),
                            layout: Some(layout),
                            reason,
                            ..LeftOut::default()
                        });
                    }
                    _ if thinned && !crosses => {
                        left_out.insert(LeftOut {
                            backend: Some(own.backend.name.clone()),
                            reason: THINNED.to_owned(),
                            ..LeftOut::default()
                        });
                    }
                    _ => pairs.push((environment.clone(), layout)),
                }
            }
        }
        (pairs, left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::environment::{Kind, System};

    fn catalog() -> Catalog {
        let mut catalog = Catalog::read(std::path::Path::new("no-such-folder"), None).unwrap();
        // Two layouts are enough, whatever else there is.
        catalog.layouts.retain(|found| found.item.name == "dev");
        catalog.layouts[0].item.systems.clear();
        catalog.layouts[0].item.kinds.clear();
        let mut bundle = catalog.layouts[0].clone();
        bundle.item.name = "bundle".to_owned();
        bundle.item.systems = vec![System::Macos];
        bundle.item.kinds = vec![Kind::Desktop];
        catalog.layouts.push(bundle);
        catalog
    }

    fn own(environment: &str, layout: &str, backend: &str) -> Performance {
        let names = Catalog::read(std::path::Path::new("no-such-folder"), None)
            .unwrap()
            .names();
        let text = "about: x\nsteps: [chat: Hi]\n";
        let document = crate::yaml::Document::parse("s.yaml", text).unwrap();
        let scenario = crate::scenario::read(&document, "s", &names).unwrap();
        let mut performance = scenario.variants[0].performance.clone();
        performance.environment = environment.to_owned();
        performance.layout = layout.to_owned();
        performance.backend.name = backend.to_owned();
        performance
    }

    fn overrides(catalog: &Catalog, all: bool) -> Overrides {
        Overrides {
            environments: catalog
                .environments
                .iter()
                .map(|found| found.item.name.clone())
                .collect(),
            layouts: vec!["dev".to_owned(), "bundle".to_owned()],
            all_environments: all,
            all_layouts: all,
            ..Overrides::default()
        }
    }

    #[test]
    fn all_leaves_out_what_does_not_fit_and_says_why() {
        let catalog = catalog();
        let (pairs, left_out) =
            overrides(&catalog, true).pairs(&own("cron", "dev", "reference"), &catalog);
        let has = |environment: &str, layout: &str| {
            pairs.contains(&(environment.to_owned(), layout.to_owned()))
        };
        assert!(has("cron", "dev") && has("macos-finder", "bundle"));
        assert!(
            !has("cron", "bundle") && !has("macos-ssh", "bundle") && !has("windows-service", "dev")
        );
        let why = |environment: &str| {
            let of = left_out
                .iter()
                .find(|out| out.environment.as_deref() == Some(environment))
                .unwrap();
            (of.layout.as_deref(), of.reason.as_str())
        };
        assert_eq!(why("cron"), (Some("bundle"), "only on macos"));
        assert_eq!(
            why("macos-ssh").1,
            "only in environments of the kind desktop"
        );
        assert_eq!(why("windows-service").0, None);
        let supported = catalog
            .environments
            .iter()
            .filter(|found| found.item.unsupported.is_none());
        let out = left_out.iter().filter(|out| out.layout.is_some()).count();
        assert_eq!(
            pairs.len() + out,
            supported.count() * 2,
            "every pair is run or left out"
        );
    }

    #[test]
    fn what_somebody_names_runs() {
        let catalog = catalog();
        let (pairs, left_out) =
            overrides(&catalog, false).pairs(&own("cron", "dev", "reference"), &catalog);
        assert_eq!(pairs.len(), catalog.environments.len() * 2);
        assert!(left_out.is_empty());
        let own = Overrides::default().pairs(&own("cron", "bundle", "reference"), &catalog);
        assert_eq!(own.0, [("cron".to_owned(), "bundle".to_owned())]);
    }

    #[test]
    fn a_real_sdk_runs_on_the_cross_of_its_own_pair_and_that_is_said() {
        let mut catalog = catalog();
        for found in &mut catalog.layouts {
            found.item.systems.clear();
            found.item.kinds.clear();
        }
        let mut asked = overrides(&catalog, true);
        let real = own("cron", "dev", "node-agent-sdk-0.3.330");
        let (pairs, left_out) = asked.pairs(&real, &catalog);
        let supported = catalog
            .environments
            .iter()
            .filter(|found| found.item.unsupported.is_none());
        assert_eq!(pairs.len(), supported.count() + 1);
        assert!(pairs.contains(&("cron".to_owned(), "bundle".to_owned())));
        let said = left_out.iter().find(|out| out.backend.is_some()).unwrap();
        assert_eq!(said.backend.as_deref(), Some("node-agent-sdk-0.3.330"));
        // Whoever names it, or one of the two, gets all of it.
        asked.all_layouts = false;
        assert!(asked.pairs(&real, &catalog).0.len() > pairs.len());
        (asked.all_layouts, asked.backends) = (true, vec!["node-agent-sdk-0.3.330".to_owned()]);
        assert!(asked.pairs(&real, &catalog).0.len() > pairs.len());
    }
}
