//! The file format: what a scenario says, its variants, and its errors with line and column.

mod backend;
mod budgets;
#[cfg(test)]
mod fault_tests;
mod find;
mod history;
mod read;
mod step;

pub use backend::{BackendChoice, Client};
pub use budgets::Budgets;
pub use find::{ScenarioFile, built_in, find_in};
pub use history::History;
pub use read::read;
pub use step::{Chat, ChatSession, Reading, Removed, Step, Until};

use crate::stage::{Environment, Login};
use mock_claude::script::Script;

/// One scenario file, with its variants worked out.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The path under the folder of scenarios, without `.yaml`: `lanes/stripped-path`.
    pub name: String,
    /// What the scenario is about, in a sentence.
    pub about: String,
    /// Ids of the failure classes that it guards against.
    pub guards: Vec<String>,
    /// Where the failure was reported: addresses.
    pub reports: Vec<String>,
    /// Whether the failure's symptom is emulated here, as its mechanism needs another system.
    pub emulated: bool,
    /// Its runs, in the order in which they are written.
    pub variants: Vec<Variant>,
}

/// One named run of a scenario.
#[derive(Debug, Clone)]
pub struct Variant {
    /// `broken`, `fixed`, ...; `default` for a scenario without variants.
    pub name: String,
    /// What is performed.
    pub performance: Performance,
    /// What must come out.
    pub expect: Expect,
    /// Whether that must come out on other stages, too.
    pub everywhere: bool,
}

/// Everything that is performed in a run. It does not say what is expected.
#[derive(Debug, Clone)]
pub struct Performance {
    /// The launch environment's name.
    pub environment: String,
    /// That environment with what the scenario changes of it; None: as it is.
    pub changed: Option<Box<Environment>>,
    /// The layout's name.
    pub layout: String,
    /// The backend and what is asked of it.
    pub backend: BackendChoice,
    /// Whether the stage must be masked; a run that cannot have that is skipped.
    pub needs_masked: bool,
    /// Whether the backend must be root's; a run that cannot have that is skipped.
    pub needs_root: bool,
    /// How the CLI's user is logged in; None: as the environment says.
    pub login: Option<Login>,
    /// The project folder, relative to HOME.
    pub project: Option<String>,
    /// Conversations that lie in HOME before the run.
    pub history: Vec<History>,
    /// What the stand-in does.
    pub script: Script,
    /// What the user does.
    pub steps: Vec<Step>,
    /// Ids, clocks and generated data come from this.
    pub seed: u64,
    /// How long things may take.
    pub budgets: Budgets,
    /// Who listens on the backend's port before it is started.
    pub port_held_by: Option<Stranger>,
    /// Whether the app speaks to `::1` rather than to 127.0.0.1.
    pub ipv6: bool,
}

/// Somebody else on the backend's port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// Answers every request with a page of its own.
    Answering,
    /// Answers every request with JSON that the backend might give: the one of the app's last run.
    Lookalike,
    /// Takes connections and never answers.
    Silent,
    /// This very backend, as an earlier run of the app had left it.
    EarlierRun,
}

/// What must come out of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expect {
    /// The diagnosis; None: nothing is wrong.
    pub diagnosis: Option<String>,
    /// The invariants that break.
    pub breaks: Vec<String>,
}

impl Expect {
    /// Whether the run is to come out sound.
    pub fn nothing_wrong(&self) -> bool {
        self.diagnosis.is_none() && self.breaks.is_empty()
    }
}

/// Names that scenarios may use, with where to find what they stand for.
#[derive(Debug, Clone)]
pub struct Names {
    /// Known environments.
    pub environments: Vec<Environment>,
    /// Known layouts.
    pub layouts: Vec<String>,
    /// Known backends.
    pub backends: Vec<String>,
    /// Defects of the reference backend.
    pub defects: Vec<String>,
    /// Invariants of the judge.
    pub invariants: Vec<String>,
    /// Diagnoses of the judge.
    pub diagnoses: Vec<String>,
    /// CLI versions that the stand-in can claim to be.
    pub profiles: Vec<String>,
}

/// The file of a snapshot or a run, from its name: `lanes/a::broken` becomes `lanes__a__broken`.
pub fn file_stem(run: &str) -> String {
    run.replace("::", "__").replace('/', "__")
}
