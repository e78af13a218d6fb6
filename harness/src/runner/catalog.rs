//! Everything that scenarios can name, from the binary and from the working folder.

use crate::backend::{Backend, backends, reference};
use crate::judge;
use crate::scenario::Names;
use crate::stage::{self, Found, environment::Environment, layout::Layout};
use crate::yaml::InputError;
use std::path::{Path, PathBuf};

/// Everything that scenarios can name.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// The launch environments.
    pub environments: Vec<Found<Environment>>,
    /// The layouts.
    pub layouts: Vec<Found<Layout>>,
    /// The backends.
    pub backends: Vec<Backend>,
    /// The program that plays every role on a stage: this one.
    pub executable: PathBuf,
    /// A real Node, if there is one.
    pub node: Option<PathBuf>,
}

impl Catalog {
    /// Reads what there is. `folder` is the working folder, `scenarios` the folder of scenarios in it.
    ///
    /// # Errors
    /// A file is wrong, or this program's own path is unknown.
    pub fn read(folder: &Path, scenarios: Option<&Path>) -> Result<Self, InputError> {
        Ok(Self {
            environments: stage::environments(Some(folder))?,
            layouts: stage::layouts(Some(folder))?,
            backends: backends(scenarios)?,
            executable: std::env::current_exe().unwrap_or_default(),
            node: stage::find_node(),
        })
    }

    /// The names that scenarios may use.
    pub fn names(&self) -> Names {
        Names {
            environments: self.environments.iter().map(|e| e.item.clone()).collect(),
            layouts: self.layouts.iter().map(|l| l.item.name.clone()).collect(),
            backends: self.backends.iter().map(|b| b.name.clone()).collect(),
            defects: reference::Defect::all()
                .iter()
                .map(|d| d.name().to_owned())
                .collect(),
            invariants: judge::invariants()
                .iter()
                .map(|i| i.name.to_owned())
                .collect(),
            diagnoses: judge::rules()
                .iter()
                .map(|r| r.id)
                .chain([judge::UNKNOWN])
                .map(str::to_owned)
                .collect(),
            profiles: mock_claude::profile::Profile::all()
                .iter()
                .map(|p| p.version.clone())
                .collect(),
        }
    }

    /// An environment by name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments
            .iter()
            .map(|found| &found.item)
            .find(|item| item.name == name)
    }

    /// A layout by name.
    pub fn layout(&self, name: &str) -> Option<&Layout> {
        self.layouts
            .iter()
            .map(|found| &found.item)
            .find(|item| item.name == name)
    }

    /// The backends that all lanes can be run on.
    pub fn lane_backends(&self) -> Vec<String> {
        let backends = self.backends.iter().filter(|it| it.runs_lanes());
        backends.map(|it| it.name.clone()).collect()
    }

    /// A backend by name.
    pub fn backend(&self, name: &str) -> Option<&Backend> {
        self.backends.iter().find(|backend| backend.name == name)
    }
}
