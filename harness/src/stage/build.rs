//! Building a stage: from a plan to files on disk.

use super::environment::Cwd;
use super::error::StageError;
use super::ground::{Ground, OWN};
use super::layout::{Piece, Runtime};
use super::pieces::json;
use super::plan::{Plan, ProjectSpec};
use super::search_path::SearchPath;
use super::{Stage, electron, history, login, normalise::Names, owner, server, tools, work};
use mock_claude::script::Script;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The parts of a stage while it is built.
pub(super) struct Builder<'p> {
    pub(super) plan: &'p Plan,
    pub(super) ground: Ground,
    pub(super) root: PathBuf,
    pub(super) script: PathBuf,
    pub(super) ledger: PathBuf,
    pub(super) app_events: PathBuf,
    /// How many Electron shims have been placed.
    pub(super) shims: Cell<u32>,
}

/// Commands whose host versions must never be met by accident; `nodejs` is Debian's other name.
const HIDDEN: &[&str] = &["node", "nodejs", "claude", "bun"];

pub(super) fn build(plan: &Plan) -> Result<Stage, StageError> {
    if let Some(reason) = &plan.environment.unsupported {
        return Err(StageError::Unsupported {
            environment: plan.environment.name.clone(),
            reason: reason.clone(),
        });
    }
    let folder = plan.executables.folder();
    // A name of letters and digits only and of a fixed length: encoded project names depend on it.
    let guard = tempfile::Builder::new()
        .prefix("")
        .rand_bytes(8)
        .tempdir_in(folder)
        .map_err(StageError::io("make a folder in", folder))?;
    let mut builder = Builder::new(plan, guard.path());
    builder.own_files()?;
    let places = builder.places()?;
    let mut limits = plan.environment.limits.clone();
    limits.extend(plan.layout.limits.iter().cloned());
    let run_as = owner::run_as(plan.environment.uid, &plan.executables, &plan.outside)
        .unwrap_or_else(|why| {
            limits.push(why);
            None
        });
    let SearchPath {
        entries: path,
        missing,
        node,
        claude,
    } = builder.path()?;
    limits.extend(builder.login_shell(&places.shell)?);
    let (runtime, runtime_is_standin) = builder.runtime(node)?;
    if runtime_is_standin {
        limits
            .push("there is no real Node: the runtime is a stand-in that only runs the CLI".into());
    }
    // Before the layout's own pieces: where an installed SDK brings the CLI's package, its manifest holds.
    let mut server = server::place(&builder, &plan.server, &runtime)?;
    let mut env = builder.variables(&plan.environment.variables)?;
    login::add_key(plan.environment.login, &mut env);
    builder.credentials(&places.home, &env)?;
    builder.tree()?;
    builder.startup_files(&places.home)?;
    let profile = plan.script.profile.as_deref();
    let mut history_project = None;
    for spec in &plan.history {
        let (home, project) = (&places.home, &places.project);
        let written = history::write(&builder.ground, home, project, profile, spec)?;
        history_project.get_or_insert(written);
    }
    // Who has no HOME asks the system, and is told of a folder that is no stage's.
    if env.get("HOME").map(Path::new) != Some(&*places.home) {
        return Err(StageError::NoHome);
    }
    let mut server_env = builder.variables(&plan.layout.server.variables)?;
    let runtime_is_electron = builder.runtime_is_electron();
    if runtime_is_electron && plan.environment.utility_process {
        // The variable is of fork(); a utility process is told what it is on its command line.
        server_env.remove(electron::RUN_AS_NODE);
        if server.first().is_some_and(|program| *program == runtime) {
            server.splice(1..1, electron::UTILITY.map(Into::into));
        }
    }
    let cli = builder.ground.locate(&plan.layout.cli)?;
    let native_cli = match claude {
        Some(claude) => claude,
        None => builder.ground.locate(&plan.layout.native_cli)?,
    };
    let cwd = match plan.environment.cwd {
        Cwd::Root => PathBuf::from("/"),
        Cwd::Home => places.home.clone(),
        Cwd::Project => places.project.clone(),
    };
    let mut names = Names::default();
    names.add_encoded(&builder.root, "<stage>");
    names.add_encoded(&places.home, "<home>");
    names.add_encoded(&places.tmp, "<tmp>");
    names.add_encoded(&places.app, "<app>");
    names.add(&places.project, "<project>");
    for outside in &plan.outside {
        let name = if outside.is_dir() {
            "<modules>"
        } else {
            "python3"
        };
        names.add(outside, name);
    }
    for (declared, actual) in &path {
        if !actual.starts_with(&places.home) {
            names.add(actual, declared);
        }
    }
    if plan.keep {
        work::mark_as_kept(&builder.root).map_err(StageError::io("mark", &builder.root))?;
    }
    let only_at = plan
        .executables
        .node
        .as_ref()
        .and_then(|node| node.only_at.clone());
    let hide = tools::everywhere(HIDDEN)
        .into_iter()
        .filter(|path| only_at.is_none() || path.canonicalize().ok() != only_at)
        .collect();
    if let Some(user) = run_as {
        // Last, as everything must be there.
        let app = builder.root.join(OWN).join("app");
        let places = [
            &*places.home,
            &places.tmp,
            &places.project,
            &builder.ledger,
            &app,
        ];
        owner::hand_over(user, &[folder, &builder.root], &places)
            .map_err(StageError::io("hand over", &builder.root))?;
    }
    let environment = &plan.environment;
    let read_only = plan.layout.read_only || environment.read_only_app;
    // Installed apps are an administrator's, or root's, where the layout does not have the user build it.
    if !(read_only || run_as.is_some() || places.app.starts_with(&places.home)) {
        limits.push("the app's folder can be written to".to_owned());
    }
    let read_only = read_only.then(|| places.app.clone());
    Ok(Stage {
        home: places.home,
        tmp: places.tmp,
        project: places.project,
        app: places.app,
        history_project,
        shell: places.shell,
        path,
        env,
        cwd: cwd.clone(),
        stdin: environment.stdin,
        stdout: environment.stdout,
        stderr: environment.stderr,
        terminal: environment.terminal,
        new_session: environment.new_session,
        children_end_with: environment.children_end_with,
        run_as,
        umask: environment.umask,
        nofile: environment.nofile,
        core: environment.core,
        cli,
        native_cli,
        harness: plan.executables.harness().to_owned(),
        cli_version: builder.version().to_owned(),
        runtime,
        runtime_is_standin,
        server,
        server_env,
        runtime_is_electron,
        server_cwd: cwd,
        ledger: builder.ledger,
        script: builder.script,
        app_events: builder.app_events,
        hide,
        read_only: read_only.into_iter().collect(),
        limits,
        missing_tools: missing,
        names,
        root: builder.root,
        ground: super::Folder::new(guard, plan.keep),
        _work: Arc::clone(&plan.executables.work),
    })
}

/// Places that other things refer to.
struct Places {
    home: PathBuf,
    tmp: PathBuf,
    project: PathBuf,
    app: PathBuf,
    shell: PathBuf,
}

impl<'p> Builder<'p> {
    fn new(plan: &'p Plan, root: &Path) -> Self {
        let own = root.join(OWN);
        Self {
            plan,
            ground: Ground::new(root),
            root: root.to_owned(),
            script: own.join("script.json"),
            ledger: own.join("ledger"),
            app_events: own.join("app").join("events.jsonl"),
            shims: Cell::new(0),
        }
    }

    /// What the harness itself needs on the stage.
    fn own_files(&self) -> Result<(), StageError> {
        // What the run writes has folders of its own, which are the run's user's.
        self.ground.folder(&self.ledger)?;
        self.ground.folder(&self.root.join(OWN).join("app"))?;
        // On a stage somebody has to be logged in, as with the real CLI.
        let script = Script {
            login: true,
            ..self.plan.script.clone()
        };
        let script = json(&script, &self.script)?;
        self.ground.file(&self.script, script.as_bytes(), 0o644)
    }

    /// Makes the folders of the user and gives the placeholders their meaning.
    fn places(&mut self) -> Result<Places, StageError> {
        let environment = &self.plan.environment;
        self.ground.define("user", environment.user.clone());
        let home = self.define_place("home", &environment.home)?;
        let tmp = self.define_place("tmp", &environment.tmp)?;
        let default = ProjectSpec::default();
        let spec = self.plan.project.as_ref().unwrap_or(&default);
        let project = self.define_place("project", &format!("{{home}}/{}", spec.path))?;
        let app = self.define_place("app", &self.plan.layout.app)?;
        self.ground
            .define("app_id", self.plan.layout.app_id.clone());
        self.ground.define("version", self.version().to_owned());
        let shell = self.define_place("shell", &environment.shell)?;
        for folder in [&home, &tmp, &project] {
            self.ground.folder(folder)?;
        }
        let readme = project.join("README.md");
        self.ground
            .file(&readme, b"# A project\n\nThe user works here.\n", 0o644)?;
        Ok(Places {
            home,
            tmp,
            project,
            app,
            shell,
        })
    }

    fn define_place(&mut self, name: &'static str, text: &str) -> Result<PathBuf, StageError> {
        let place = self.ground.locate(text)?;
        self.ground.define(name, place.to_string_lossy());
        Ok(place)
    }

    /// The server's own runtime, and whether it is a stand-in.
    fn runtime(&self, on_path: Option<PathBuf>) -> Result<(PathBuf, bool), StageError> {
        let runtime = match (&self.plan.layout.runtime, on_path) {
            (Runtime::At(at), _) => self.ground.locate(at)?,
            (Runtime::Node { .. }, Some(node)) => node,
            (Runtime::Node { otherwise }, None) => {
                let at = self.ground.locate(otherwise)?;
                self.node(&at)?;
                at
            }
        };
        Ok((runtime, self.plan.executables.node.is_none()))
    }

    /// Whether the server's own runtime is one of the app's Electron executables.
    fn runtime_is_electron(&self) -> bool {
        let Runtime::At(runtime) = &self.plan.layout.runtime else {
            return false;
        };
        let mut pieces = self.plan.layout.tree.iter();
        pieces.any(|piece| matches!(piece, Piece::Electron { at, .. } if at == runtime))
    }

    fn variables(
        &self,
        variables: &[(String, String)],
    ) -> Result<BTreeMap<String, String>, StageError> {
        variables
            .iter()
            .map(|(name, value)| Ok((name.clone(), self.ground.fill(value)?)))
            .collect()
    }
}
