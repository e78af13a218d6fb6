//! From files, folders and names to planned runs.

use super::files::{available, named};
use super::lacking::missing;
use super::{Catalog, LeftOut, Report, SnapshotState, Verdict};
use crate::backend::{Backend, BackendKind, Missing};
use crate::scenario::{self, Expect, Names, Performance, Scenario, ScenarioFile};
use crate::yaml::{Document, InputError, Shown, shown, suggestion};
use miette::Diagnostic;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Overrides from the command line; `all` stands for every one that fits.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// The launch environments to run on instead of the scenario's.
    pub environments: Vec<String>,
    /// The layouts to run on instead.
    pub layouts: Vec<String>,
    /// Whether the environments are all there are, rather than named by somebody.
    pub all_environments: bool,
    /// The same of the layouts.
    pub all_layouts: bool,
    /// The backends to run instead.
    pub backends: Vec<String>,
    /// Whether these are all that the lanes can run.
    pub all_backends: bool,
}

impl Overrides {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.environments.is_empty() && self.layouts.is_empty() && self.backends.is_empty()
    }

    /// Whether everything that they, and `CLAUDE_HARNESS_REQUIRE`, name exists.
    ///
    /// # Errors
    /// Something does not.
    pub fn check(&self, catalog: &Catalog) -> Result<(), SelectError> {
        let names = catalog.names();
        if let Some(name) = super::unknown_requirement() {
            let what = "name in CLAUDE_HARNESS_REQUIRE";
            return Err(SelectError::UnknownOverride {
                what,
                name,
                help: suggestion("", super::NEEDS),
            });
        }
        let known = |what: &'static str, wanted: &[String], known: &[String]| {
            let Some(name) = wanted.iter().find(|name| !known.contains(name)) else {
                return Ok(());
            };
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let help = suggestion(name, &known);
            Err(SelectError::UnknownOverride {
                what,
                name: name.clone(),
                help,
            })
        };
        let environments: Vec<String> = names.environments.into_iter().map(|it| it.name).collect();
        known("environment", &self.environments, &environments)?;
        known("layout", &self.layouts, &names.layouts)?;
        known("backend", &self.backends, &names.backends)
    }
}

/// The scenario files that a command speaks of.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The scenarios, read.
    pub scenarios: Vec<(ScenarioFile, Scenario)>,
    /// If a single run was named: only this variant.
    pub only: Vec<String>,
}

/// A run that is about to be performed.
#[derive(Debug, Clone)]
pub struct Planned {
    /// The scenario's name.
    pub scenario: String,
    /// The variant's name.
    pub variant: String,
    /// The scenario's file, for the header of its snapshot.
    pub source: String,
    /// What is performed.
    pub performance: Performance,
    /// What must come out.
    pub expect: Expect,
    /// Where its snapshot lies, if not in the working folder's `snapshots`.
    pub snapshots: Option<PathBuf>,
    /// Whether it counts in a table of environments and layouts: only where nothing is to go wrong, wherever it runs.
    pub in_matrix: bool,
    /// Why it is skipped.
    pub missing: Option<Missing>,
}

impl Planned {
    /// `<scenario>::<variant>`.
    pub fn name(&self) -> String {
        format!("{}::{}", self.scenario, self.variant)
    }

    /// Whether it is known before it starts that it is skipped.
    pub fn is_skipped(&self) -> bool {
        self.missing
            .as_ref()
            .is_some_and(|missing| !missing.need.is_some_and(super::required))
    }

    /// A report in which nothing has happened yet.
    pub fn report(&self) -> Report {
        Report {
            name: self.name(),
            scenario: self.scenario.clone(),
            variant: self.variant.clone(),
            environment: match &self.performance.changed {
                Some(changed) => format!("{} (changed)", changed.name),
                None => self.performance.environment.clone(),
            },
            layout: self.performance.layout.clone(),
            backend: self.performance.backend.name.clone(),
            in_matrix: self.in_matrix,
            verdict: Verdict::Skipped,
            judgement: None,
            outcome: None,
            as_expected: false,
            snapshot: SnapshotState::NotCompared,
            reviewed: None,
            reason: None,
            stage: None,
            log: Vec::new(),
            limits: Vec::new(),
            notes: Vec::new(),
            hangs: Vec::new(),
            duration: Duration::ZERO,
        }
    }
}

impl From<InputError> for SelectError {
    fn from(error: InputError) -> SelectError {
        SelectError::Input(error.into())
    }
}

/// Why nothing can be run.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum SelectError {
    /// A file is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Input(Shown),
    /// Several files are wrong.
    #[error("{count} files are wrong")]
    Several {
        /// How many.
        count: usize,
        /// What is wrong with each.
        #[related]
        errors: Vec<Shown>,
    },
    /// A name fits no file, folder, scenario or run.
    #[error("no scenario, file or folder is called `{}`", shown(name))]
    #[diagnostic(help("{help}"))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The nearest.
        help: String,
    },
    /// An override names something that there is not.
    #[error("unknown {what} `{}`", shown(name))]
    #[diagnostic(help("{help}"))]
    UnknownOverride {
        /// `environment`, `layout` or `backend`.
        what: &'static str,
        /// What was asked for.
        name: String,
        /// The nearest.
        help: String,
    },
    /// The executables that play roles on stages cannot be put in place.
    #[error("failed to prepare the executables")]
    Prepare(#[from] crate::stage::StageError),
    /// A folder cannot be listed.
    #[error("cannot list {path}: {error}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
}

/// Reads the scenarios that `wanted` names: files, folders, scenario names, run names. None: all of the
/// working folder, else all that are built in.
///
/// # Errors
/// A file is wrong, or a name fits nothing.
pub fn select(
    root: Option<&Path>,
    wanted: &[String],
    catalog: &Catalog,
) -> Result<Selection, SelectError> {
    let available = available(root)?;
    let mut files: Vec<ScenarioFile> = Vec::new();
    let mut only = Vec::new();
    if wanted.is_empty() {
        let own: Vec<_> = available
            .iter()
            .filter(|file| file.path.is_some())
            .cloned()
            .collect();
        files = if own.is_empty() { available } else { own };
    } else {
        for name in wanted {
            files.extend(named(name, root, &available, &mut only)?);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    files.retain(|file| seen.insert(file.shown.clone()));
    read(files, only, catalog)
}

/// Reads all scenarios there are: those of the working folder, and built-in ones that it does not have.
///
/// # Errors
/// A file is wrong.
pub fn everything(root: Option<&Path>, catalog: &Catalog) -> Result<Selection, SelectError> {
    read(available(root)?, Vec::new(), catalog)
}

fn read(
    files: Vec<ScenarioFile>,
    only: Vec<String>,
    catalog: &Catalog,
) -> Result<Selection, SelectError> {
    let names = catalog.names();
    let mut scenarios = Vec::new();
    let mut errors = Vec::new();
    for file in files {
        match read_one(&file, &names) {
            Ok(scenario) => scenarios.push((file, scenario)),
            Err(error) => errors.push(error),
        }
    }
    match errors.len() {
        0 => Ok(Selection { scenarios, only }),
        1 => Err(errors.remove(0).into()),
        count => Err(SelectError::Several {
            count,
            errors: errors.into_iter().map(Shown::from).collect(),
        }),
    }
}

fn read_one(file: &ScenarioFile, names: &Names) -> Result<Scenario, InputError> {
    let document = match (&file.text, &file.path) {
        (Err(_), Some(path)) => Document::read(path, &file.shown)?,
        (text, _) => Document::parse(&file.shown, text.as_deref().unwrap_or_default())?,
    };
    scenario::read(&document, &file.name, names)
}

impl Overrides {
    /// Why it is not known what must come out of a variant with these, if it is not.
    fn unclear(&self, variant: &scenario::Variant) -> Option<&'static str> {
        if self.is_empty() {
            return None;
        }
        unclear_elsewhere(variant).or_else(|| of_another(variant, &self.backends))
    }
}

impl Selection {
    /// The runs, with overrides applied. A scenario that expects a failure has no meaning under an
    /// override, so it is planned as skipped.
    ///
    /// # Errors
    /// An override or a variant is unknown.
    pub fn plan(
        &self,
        overrides: &Overrides,
        catalog: &Catalog,
    ) -> Result<Vec<Planned>, SelectError> {
        overrides.check(catalog)?;
        let mut planned = Vec::new();
        for (file, scenario) in &self.scenarios {
            for variant in &scenario.variants {
                let name = format!("{}::{}", scenario.name, variant.name);
                let mine = self
                    .only
                    .iter()
                    .filter(|only| only.starts_with(&format!("{}::", scenario.name)));
                if mine.clone().count() > 0 && !self.only.contains(&name) {
                    continue;
                }
                let unclear = overrides.unclear(variant);
                let hidden = unclear.is_some();
                if hidden && overrides.is_matrix() {
                    continue;
                }
                for performance in overridden(&variant.performance, overrides, catalog) {
                    let backend = catalog.backend(&performance.backend.name);
                    if let Some(BackendKind::Broken(error)) = backend.map(|it| &it.kind) {
                        return Err(SelectError::from((**error).clone()));
                    }
                    let mut run = Planned {
                        in_matrix: unclear_elsewhere(variant).is_none(),
                        scenario: scenario.name.clone(),
                        variant: variant.name.clone(),
                        source: format!("scenarios/{}.yaml", file.name),
                        snapshots: file.snapshots.clone(),
                        missing: missing(&performance, catalog),
                        performance,
                        expect: variant.expect.clone(),
                    };
                    if hidden {
                        run.missing = unclear.map(|reason| Missing {
                            need: None,
                            reason: reason.to_owned(),
                        });
                    }
                    planned.push(run);
                }
            }
        }
        self.missing_variants()?;
        Ok(planned)
    }

    /// What `all` leaves out of the runs that [`plan`](Self::plan) gives.
    pub fn left_out(&self, overrides: &Overrides, catalog: &Catalog) -> Vec<LeftOut> {
        if !overrides.is_matrix() {
            return Vec::new();
        }
        let mut all = BTreeSet::new();
        for (scenario, _, variant) in self.variants() {
            match overrides.unclear(variant) {
                Some(reason) => {
                    all.insert(LeftOut {
                        variant: Some(format!("{scenario}::{}", variant.name)),
                        reason: reason.to_owned(),
                        ..LeftOut::default()
                    });
                }
                None => all.extend(overrides.pairs(&variant.performance, catalog).1),
            }
        }
        if overrides.all_backends {
            all.extend(catalog.backends.iter().filter_map(beyond_the_lanes));
        }
        all.into_iter().collect()
    }

    fn missing_variants(&self) -> Result<(), SelectError> {
        let variants = self.variants();
        let names: Vec<String> = variants
            .map(|(scenario, _, variant)| format!("{scenario}::{}", variant.name))
            .collect();
        for only in &self.only {
            if !names.contains(only) {
                let known: Vec<&str> = names.iter().map(String::as_str).collect();
                return Err(SelectError::Unknown {
                    name: only.clone(),
                    help: suggestion(only, &known),
                });
            }
        }
        Ok(())
    }
}

/// Why it is not known what must come out of a variant on another stage, if it is not.
fn unclear_elsewhere(variant: &scenario::Variant) -> Option<&'static str> {
    if !variant.expect.nothing_wrong() {
        Some("it expects a failure, which an override could hide")
    } else if !variant.everywhere {
        Some("it says that it holds on its own stage only")
    } else {
        None
    }
}

/// Why a variant says nothing about another backend, if it is made for its own.
fn of_another(variant: &scenario::Variant, asked: &[String]) -> Option<&'static str> {
    let own = &variant.performance.backend.name;
    let another =
        !asked.is_empty() && own != "reference" && !(asked.len() == 1 && asked.contains(own));
    another.then_some("it is made for another backend")
}

fn overridden(
    performance: &Performance,
    overrides: &Overrides,
    catalog: &Catalog,
) -> Vec<Performance> {
    let pairs = overrides.pairs(performance, catalog).0.into_iter();
    pairs
        .map(|(environment, layout)| {
            let mut changed = performance.clone();
            if !overrides.environments.is_empty() {
                changed.changed = None;
            }
            changed.environment = environment;
            changed.layout = layout;
            changed
        })
        .flat_map(|changed| on_backends(changed, &overrides.backends))
        .collect()
}

/// The same on each of these backends, or on its own.
fn on_backends(performance: Performance, backends: &[String]) -> Vec<Performance> {
    if backends.is_empty() {
        return vec![performance];
    }
    let on = |backend: &String| Performance {
        backend: scenario::BackendChoice::named(backend),
        ..performance.clone()
    };
    backends.iter().map(on).collect()
}

/// Why a backend does not stand for `all`: the lanes speak another API.
fn beyond_the_lanes(backend: &Backend) -> Option<LeftOut> {
    (!backend.runs_lanes()).then(|| LeftOut {
        backend: Some(backend.name.clone()),
        reason: "its API has no history, or is none of HTTP: name it to run what it can".to_owned(),
        ..LeftOut::default()
    })
}
