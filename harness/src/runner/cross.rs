//! The cross-check: sound backends on each other's stages, and every defect in every scenario.

use super::{Catalog, Planned, Selection, lacking, misfit};
use crate::backend::reference::Defect;
use crate::scenario::{BackendChoice, Budgets, Chat, Performance, Step, Variant};
use mock_claude::script::{Action, Entry, When};

/// A run of the cross-check that brings one defect into a scenario.
#[derive(Debug, Clone)]
pub struct DefectRun {
    /// The defect.
    pub defect: Defect,
    /// The variant with it.
    pub planned: Planned,
}

impl Selection {
    /// Every distinct sound backend on every distinct stage of a sound variant, where the pair makes sense; a variant that
    /// holds on its own stage only has no part in it. What happens
    /// is the same everywhere, history and then chat, so that nothing may be found wrong: what a scenario's own script
    /// does to a backend, another one need not stand.
    pub fn swapped_backends(&self, catalog: &Catalog) -> Vec<Planned> {
        // Each with a CLI of the version that it is made for.
        let mut backends: Vec<(&BackendChoice, &Performance)> = Vec::new();
        let mut stages: Vec<(&str, &str, &Variant)> = Vec::new();
        for (scenario, source, variant) in self.sound() {
            if !variant.everywhere {
                continue;
            }
            let choice = &variant.performance.backend;
            let known = backends.iter().any(|(known, _)| *known == choice);
            if choice.defects.is_empty() && !known {
                backends.push((choice, &variant.performance));
            }
            let known = stages
                .iter()
                .any(|(_, _, seen)| same_stage(&seen.performance, &variant.performance));
            if !known {
                stages.push((scenario, source, variant));
            }
        }
        let mut planned = Vec::new();
        for (scenario, source, variant) in stages {
            for (backend, own) in &backends {
                let mut run = plan(scenario, source, variant, catalog);
                run.performance.backend = (*backend).clone();
                run.performance.script.profile = own.script.profile.clone();
                history_then_chat(&mut run.performance);
                run.missing = lacking::missing(&run.performance, catalog);
                let fits = catalog
                    .environment(&run.performance.environment)
                    .zip(catalog.layout(&run.performance.layout))
                    .is_none_or(|(environment, layout)| misfit(environment, layout).is_none());
                if fits {
                    planned.push(run);
                }
            }
        }
        planned
    }

    /// Every defect alone, in every variant that the reference backend runs without one: in those that are to come out
    /// sound, and in those in which something else than the backend is wrong. A batch a variant; last those that hold on
    /// their own stage only, which are the slow ones.
    pub fn with_defects(&self, defects: &[Defect], catalog: &Catalog) -> Vec<Vec<DefectRun>> {
        let reference = self.variants().filter(|(_, _, variant)| {
            let backend = &variant.performance.backend;
            backend.name == "reference" && backend.defects.is_empty()
        });
        let (soon, late): (Vec<_>, Vec<_>) =
            reference.partition(|(_, _, variant)| variant.everywhere);
        let all = soon.into_iter().chain(late);
        all.map(|(scenario, source, variant)| {
            let with = |&defect: &Defect| {
                let mut planned = plan(scenario, source, variant, catalog);
                let choice = &mut planned.performance.backend;
                choice.defects.push(defect.name().to_owned());
                DefectRun { defect, planned }
            };
            defects.iter().map(with).collect()
        })
        .collect()
    }

    /// The variants in which nothing is wrong.
    fn sound(&self) -> impl Iterator<Item = (&str, &str, &Variant)> {
        let variants = self.variants();
        variants.filter(|(_, _, variant)| variant.expect.nothing_wrong())
    }

    /// All variants, with their scenario's name and file.
    pub(super) fn variants(&self) -> impl Iterator<Item = (&str, &str, &Variant)> {
        self.scenarios.iter().flat_map(|(file, scenario)| {
            let variants = scenario.variants.iter();
            variants.map(|variant| (scenario.name.as_str(), file.name.as_str(), variant))
        })
    }
}

pub(super) fn plan(scenario: &str, source: &str, variant: &Variant, catalog: &Catalog) -> Planned {
    Planned {
        scenario: scenario.to_owned(),
        variant: variant.name.clone(),
        source: format!("scenarios/{source}.yaml"),
        performance: variant.performance.clone(),
        expect: variant.expect.clone(),
        snapshots: None,
        in_matrix: false,
        missing: lacking::missing(&variant.performance, catalog),
    }
}

fn history_then_chat(performance: &mut Performance) {
    const PROMPT: &str = "Hello";
    // A scenario's budgets are for its own backend.
    performance.budgets = Budgets::default();
    performance.script.strict = false;
    performance.script.process.clear();
    performance.script.version = None;
    performance.script.calls = vec![Entry {
        line: None,
        when: When {
            prompt: Some(PROMPT.to_owned()),
            ..When::default()
        },
        times: 1,
        result: None,
        actions: vec![Action::Say("Hi there".to_owned())],
    }];
    performance.steps = vec![
        Step::OpenHistory { health: false },
        Step::Chat(Chat::saying(PROMPT)),
    ];
}

/// Whether two runs stand on the same stage, whatever happens on it.
fn same_stage(one: &Performance, other: &Performance) -> bool {
    one.environment == other.environment
        && one.changed == other.changed
        && one.layout == other.layout
        && one.project == other.project
        && one.history == other.history
        && one.needs_masked == other.needs_masked
}
