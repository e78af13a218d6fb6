//! Building a stage: from a plan to files on disk.

use super::electron;
use super::environment::{Cwd, PathContent};
use super::error::StageError;
use super::executables::Node;
use super::ground::{Ground, OWN};
use super::layout::{Piece, Runtime};
use super::plan::{Plan, ProjectSpec};
use super::{Stage, history, normalise::Names, server, tools, work};
use mock_claude::profile::Profile;
use mock_claude::sidecar::{Claude, Electron, Role};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The parts of a stage while it is built.
pub(super) struct Builder<'p> {
    pub(super) plan: &'p Plan,
    pub(super) ground: Ground,
    root: PathBuf,
    script: PathBuf,
    ledger: PathBuf,
    app_events: PathBuf,
    shims: Cell<u32>,
}

/// Commands whose host versions must never be met by accident; `nodejs` is Debian's other name.
const HIDDEN: &[&str] = &["node", "nodejs", "claude", "bun"];

pub(super) fn build(plan: &Plan) -> Result<Stage, StageError> {
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
    if let Some(played) = places.shell_played_by {
        limits.push(played);
    }
    let SearchPath {
        entries: path,
        missing,
        node,
        claude,
    } = builder.path()?;
    builder.shell(&places.shell, &places.host_shell)?;
    let (runtime, runtime_is_standin) = builder.runtime(node)?;
    if runtime_is_standin {
        limits
            .push("there is no real Node: the runtime is a stand-in that only runs the CLI".into());
    }
    // Before the layout's own pieces: where an installed SDK brings the CLI's package, its manifest holds.
    let server = server::place(&builder, &plan.server, &runtime)?;
    builder.tree()?;
    let profile = plan.script.profile.as_deref();
    let history_project = plan
        .history
        .as_ref()
        .map(|spec| {
            history::write(
                &builder.ground,
                &places.home,
                &places.project,
                profile,
                spec,
            )
        })
        .transpose()?;
    let env = builder.variables(&plan.environment.variables)?;
    let server_env = builder.variables(&plan.layout.server.variables)?;
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
    let environment = &plan.environment;
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
        new_session: environment.new_session,
        umask: environment.umask,
        nofile: environment.nofile,
        core: environment.core,
        cli,
        native_cli,
        runtime,
        runtime_is_standin,
        server,
        server_env,
        server_cwd: cwd,
        ledger: builder.ledger,
        script: builder.script,
        app_events: builder.app_events,
        hide,
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
    host_shell: PathBuf,
    shell_played_by: Option<String>,
}

/// PATH as it was built.
struct SearchPath {
    entries: Vec<(String, PathBuf)>,
    missing: Vec<String>,
    node: Option<PathBuf>,
    claude: Option<PathBuf>,
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
            app_events: own.join("app-events.jsonl"),
            shims: Cell::new(0),
        }
    }

    /// What the harness itself needs on the stage.
    fn own_files(&self) -> Result<(), StageError> {
        self.ground.folder(&self.ledger)?;
        let script = json(&self.plan.script, &self.script)?;
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
        let shell = self.define_place("shell", &environment.shell)?;
        for folder in [&home, &tmp, &project] {
            self.ground.folder(folder)?;
        }
        let readme = project.join("README.md");
        self.ground
            .file(&readme, b"# A project\n\nThe user works here.\n", 0o644)?;
        let (host_shell, shell_played_by) = host_shell(&environment.shell)?;
        Ok(Places {
            home,
            tmp,
            project,
            app,
            shell,
            host_shell,
            shell_played_by,
        })
    }

    fn define_place(&mut self, name: &'static str, text: &str) -> Result<PathBuf, StageError> {
        let place = self.ground.locate(text)?;
        self.ground.define(name, place.to_string_lossy());
        Ok(place)
    }

    fn path(&mut self) -> Result<SearchPath, StageError> {
        let mut path = SearchPath {
            entries: Vec::new(),
            missing: Vec::new(),
            node: None,
            claude: None,
        };
        for dir in &self.plan.environment.path {
            let actual = self.ground.locate(&dir.at)?;
            path.entries.push((dir.at.clone(), actual.clone()));
            let tools = match &dir.content {
                PathContent::Tools(tools) => tools,
                PathContent::SameAs(other) => {
                    self.ground.link(&actual, &self.ground.locate(other)?)?;
                    continue;
                }
            };
            self.ground.folder(&actual)?;
            for tool in tools {
                let at = actual.join(tool);
                match tool.as_str() {
                    "node" => {
                        self.node(&at)?;
                        path.node.get_or_insert(at);
                    }
                    "claude" => {
                        self.installed_cli(&at)?;
                        path.claude.get_or_insert(at);
                    }
                    _ => match tools::on_host(tool, &dir.at) {
                        Some(host) => self.ground.link_to_host(&at, &host)?,
                        None => path.missing.push(tool.clone()),
                    },
                }
            }
        }
        let shell = self.ground.fill("{shell}")?;
        path.missing
            .retain(|tool| !shell.ends_with(&format!("/{tool}")));
        let joined: Vec<_> = path
            .entries
            .iter()
            .map(|(_, at)| at.to_string_lossy())
            .collect();
        self.ground.define("path", joined.join(":"));
        Ok(path)
    }

    /// The login shell, unless PATH has put it in place already.
    fn shell(&self, at: &Path, host: &Path) -> Result<(), StageError> {
        if at.symlink_metadata().is_ok() {
            return Ok(());
        }
        self.ground.link_to_host(at, host)
    }

    fn tree(&self) -> Result<(), StageError> {
        for piece in &self.plan.layout.tree {
            match piece {
                Piece::Folder(at) => {
                    self.ground.folder(&self.ground.locate(at)?)?;
                }
                Piece::File { at, text } => {
                    let at = self.ground.locate(at)?;
                    self.ground.file(&at, text.as_bytes(), 0o644)?;
                }
                Piece::Link { at, to } => {
                    let at = self.ground.locate(at)?;
                    self.ground.link(&at, &self.ground.locate(to)?)?;
                }
                Piece::Cli(at) => self.package(&self.ground.locate(at)?)?,
                Piece::Electron { at, run_as_node } => {
                    self.electron(&self.ground.locate(at)?, *run_as_node)?;
                }
            }
        }
        Ok(())
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

    /// An executable of the harness under another name, with its role beside it.
    pub(super) fn role(&self, at: &Path, role: &Role) -> Result<(), StageError> {
        self.ground.hard_link(at, &self.plan.executables.harness)?;
        let mut name = OsString::from(".");
        name.push(at.file_name().unwrap_or_default());
        name.push(".harness.json");
        let sidecar = at.with_file_name(name);
        self.ground
            .file(&sidecar, json(role, &sidecar)?.as_bytes(), 0o644)
    }

    fn native(&self, at: &Path) -> Result<(), StageError> {
        self.role(
            at,
            &Role::Claude(Claude {
                script: self.script.clone(),
                ledger: Some(self.ledger.clone()),
            }),
        )
    }

    /// `cli.js` and the native stand-in that it runs.
    pub(super) fn cli_pair(&self, cli_js: &Path) -> Result<(), StageError> {
        let native = cli_js.with_file_name("vendor").join("claude");
        if cli_js.symlink_metadata().is_err() {
            self.ground
                .hard_link(cli_js, &self.plan.executables.cli_js)?;
            self.native(&native)?;
        }
        Ok(())
    }

    /// The CLI's npm package.
    fn package(&self, folder: &Path) -> Result<(), StageError> {
        self.cli_pair(&folder.join("cli.js"))?;
        let at = folder.join("package.json");
        if at.symlink_metadata().is_ok() {
            return Ok(());
        }
        let manifest = serde_json::json!({
            "name": "@anthropic-ai/claude-code",
            "version": self.version(),
            "type": "module",
            "bin": { "claude": "cli.js" },
        });
        self.ground
            .file(&at, manifest.to_string().as_bytes(), 0o644)
    }

    /// A CLI on PATH, as the native installer puts it there: a link to one of the versions in the home folder.
    fn installed_cli(&self, at: &Path) -> Result<(), StageError> {
        let versions = self.ground.locate("{home}/.local/share/claude/versions")?;
        let version = versions.join(self.version());
        if version.symlink_metadata().is_err() {
            self.native(&version)?;
        }
        self.ground.link(at, &version)
    }

    fn version(&self) -> &str {
        let profile = self.plan.script.profile.as_deref();
        profile.unwrap_or(&Profile::newest().version)
    }

    fn node(&self, at: &Path) -> Result<(), StageError> {
        match &self.plan.executables.node {
            Some(node) => self.real_node(at, node),
            None => self.role(at, &Role::Runtime),
        }
    }

    fn real_node(&self, at: &Path, node: &Node) -> Result<(), StageError> {
        match &node.only_at {
            Some(host) => self.ground.link_to_host(at, host),
            None => self.ground.hard_link(at, &node.path),
        }
    }

    fn electron(&self, at: &Path, run_as_node: bool) -> Result<(), StageError> {
        // What the shim becomes has the shim's file name, so that process lists show the app.
        let number = self.shims.get();
        self.shims.set(number + 1);
        let own = self.root.join(OWN).join(format!("electron-{number}"));
        let node_at = own.join(at.file_name().unwrap_or_default());
        let preload = own.join("preload.cjs");
        let mut role = Electron {
            node: None,
            preload: None,
            events: self.app_events.clone(),
            run_as_node,
        };
        if let Some(node) = &self.plan.executables.node {
            self.real_node(&node_at, node)?;
            self.ground
                .file(&preload, electron::preload(at).as_bytes(), 0o644)?;
            role.node = Some(node_at);
            role.preload = Some(preload);
        }
        self.role(at, &Role::Electron(role))
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

/// The host's shell that plays the environment's, and a sentence about it if it is not the same one.
fn host_shell(wanted: &str) -> Result<(PathBuf, Option<String>), StageError> {
    let path = Path::new(wanted);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let folder = path.parent().unwrap_or(Path::new("/")).to_string_lossy();
    if let Some(same) = tools::on_host(&name, &folder) {
        return Ok((same, None));
    }
    let other = ["zsh", "bash", "sh"]
        .iter()
        .find_map(|other| tools::on_host(other, &folder).map(|path| (other, path)));
    match other {
        Some((other, path)) => Ok((path, Some(format!("the shell {name} is played by {other}")))),
        None => Err(StageError::NoShell {
            wanted: wanted.to_owned(),
        }),
    }
}

fn json(value: &impl serde::Serialize, at: &Path) -> Result<String, StageError> {
    serde_json::to_string_pretty(value)
        .map_err(|error| StageError::io("write", at)(std::io::Error::from(error)))
}
