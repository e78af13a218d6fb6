//! The executables of a stage: harness binaries with a role beside them, the CLI in its packages, runtimes.

use super::build::Builder;
use super::electron::{Config, Mode};
use super::error::StageError;
use super::executables::Node;
use super::ground::OWN;
use super::layout::Piece;
use mock_claude::profile::Profile;
use mock_claude::sidecar::{Claude, Electron, Role};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

impl Builder<'_> {
    /// Everything that the layout places, in its order.
    pub(super) fn tree(&self) -> Result<(), StageError> {
        for piece in &self.plan.layout.tree {
            self.piece(piece)?;
        }
        Ok(())
    }

    fn piece(&self, piece: &Piece) -> Result<(), StageError> {
        let place = |at: &str| self.ground.locate(at);
        match piece {
            Piece::Folder(at) => self.ground.folder(&place(at)?).map(drop),
            Piece::File { at, text } => self.ground.file(&place(at)?, text.as_bytes(), 0o644),
            Piece::Script { at, text } => self.ground.file(&place(at)?, text.as_bytes(), 0o755),
            Piece::Link { at, to } => self.ground.link(&place(at)?, &place(to)?),
            Piece::Cli(at) => self.package(&place(at)?),
            Piece::Native(at) => self.native(&place(at)?),
            Piece::Installed(at) => {
                let at = place(at)?;
                // The environment's own PATH may have it already.
                match at.symlink_metadata() {
                    Ok(_) => Ok(()),
                    Err(_) => self.installed_cli(&at),
                }
            }
            Piece::Node(at) => self.node(&place(at)?),
            Piece::Electron {
                at,
                run_as_node,
                helper,
                resources,
                main,
            } => {
                let at = place(at)?;
                let optional = |text: &Option<String>| text.as_deref().map(place).transpose();
                let beside = at.with_file_name("resources");
                let app = App {
                    helper: optional(helper)?.unwrap_or_else(|| at.clone()),
                    resources: optional(resources)?.unwrap_or(beside),
                    main: optional(main)?,
                    run_as_node: *run_as_node,
                };
                self.electron(&at, app)
            }
            Piece::Decoy { at, kind } => self.decoy(&place(at)?, *kind),
            Piece::Remove(at) => self.ground.remove(&place(at)?),
            Piece::NotExecutable(at) => self.ground.not_executable(&place(at)?),
        }
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

    pub(super) fn native(&self, at: &Path) -> Result<(), StageError> {
        self.native_with(at, self.script.clone())
    }

    /// The native CLI with a script of its own.
    pub(super) fn native_with(&self, at: &Path, script: PathBuf) -> Result<(), StageError> {
        let ledger = Some(self.ledger.clone());
        self.role(at, &Role::Claude(Claude { script, ledger }))
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
    pub(super) fn package(&self, folder: &Path) -> Result<(), StageError> {
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
    pub(super) fn installed_cli(&self, at: &Path) -> Result<(), StageError> {
        let versions = self.ground.locate("{home}/.local/share/claude/versions")?;
        let version = versions.join(self.version());
        if version.symlink_metadata().is_err() {
            self.native(&version)?;
        }
        self.ground.link(at, &version)
    }

    pub(super) fn version(&self) -> &str {
        let profile = self.plan.script.profile.as_deref();
        profile.unwrap_or(&Profile::newest().version)
    }

    pub(super) fn node(&self, at: &Path) -> Result<(), StageError> {
        match &self.plan.executables.node {
            Some(node) => self.real_node(at, node),
            None => self.role(at, &Role::Runtime),
        }
    }

    pub(super) fn real_node(&self, at: &Path, node: &Node) -> Result<(), StageError> {
        match &node.only_at {
            Some(host) => self.ground.link_to_host(at, host),
            None => self.ground.hard_link(at, &node.path),
        }
    }

    fn electron(&self, at: &Path, app: App) -> Result<(), StageError> {
        // What the shim becomes has the shim's file name, so that process lists show the app.
        let number = self.shims.get();
        self.shims.set(number + 1);
        let own = self.root.join(OWN).join(format!("electron-{number}"));
        let node_at = own.join(at.file_name().unwrap_or_default());
        let mut role = Electron {
            node: None,
            preloads: None,
            events: self.app_events.clone(),
            run_as_node: app.run_as_node,
            main: app.main,
        };
        if let Some(node) = &self.plan.executables.node {
            self.real_node(&node_at, node)?;
            let config = Config::new(at, &app.helper, &app.resources, &self.app_events);
            for mode in Mode::ALL {
                let text = config.preload(mode);
                self.ground
                    .file(&own.join(mode.file()), text.as_bytes(), 0o644)?;
            }
            role.node = Some(node_at);
            role.preloads = Some(own);
        }
        self.role(at, &Role::Electron(role))
    }
}

/// Where an executable of an Electron app finds the rest of it.
struct App {
    helper: PathBuf,
    resources: PathBuf,
    main: Option<PathBuf>,
    run_as_node: bool,
}

pub(super) fn json(value: &impl serde::Serialize, at: &Path) -> Result<String, StageError> {
    serde_json::to_string_pretty(value)
        .map_err(|error| StageError::io("write", at)(std::io::Error::from(error)))
}
