//! The folders of a run: a clean HOME, a working folder, the recorder's own folder.

use super::Error;
use super::recording::Recording;
use super::setup::Setup;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};

/// The length of the folder below which the recorder made folders with telling names: names of transcripts' folders
/// depend on the length of the path.
const BASE_LENGTH: usize = "/tmp/oracle/run/G-21330".len();

/// The folders of one HOME, for one call or for several after another.
#[derive(Debug)]
pub struct Ground {
    dir: tempfile::TempDir,
    /// Its real path.
    pub root: PathBuf,
    /// HOME.
    pub home: PathBuf,
    /// What placeholders stand for.
    pub values: BTreeMap<String, String>,
}

impl Ground {
    /// Makes the folders.
    ///
    /// # Errors
    /// They cannot be made.
    pub fn new() -> Result<Self, Error> {
        // Not below TMPDIR: on macOS that is so long that no path has the recorded length.
        let tmp = Path::new("/tmp")
            .canonicalize()
            .unwrap_or_else(|_| std::env::temp_dir());
        let dir = tempfile::Builder::new()
            .prefix("h")
            .rand_bytes(6)
            .tempdir_in(&tmp)
            .map_err(|e| Error::io(&tmp, e))?;
        let root = dir.path().to_owned();
        let pad = BASE_LENGTH
            .saturating_sub(root.as_os_str().len() + 1)
            .max(1);
        let base = root.join("g".repeat(pad));
        let mut ground = Ground {
            home: root.join("home"),
            values: BTreeMap::new(),
            root: root.clone(),
            dir,
        };
        let oracle = root.join("oracle");
        for folder in [
            &ground.home,
            &base,
            &oracle,
            &root.join("work"),
            &root.join("runs/20873"),
        ] {
            make(folder)?;
        }
        // Another user must get in.
        permit(&root, 0o755)?;
        write(&oracle.join("mcp_server.py"), include_str!("mcp_server.py"))?;
        write(&oracle.join("ns.sh"), include_str!("ns.sh"))?;
        let mut set = |name: &str, path: &Path| {
            ground
                .values
                .insert(name.to_owned(), path.display().to_string());
        };
        set("<HOME>", &root.join("home"));
        set("<RUN>", &root);
        set("<RUNROOT>", &root.join("runs"));
        set("<ORACLE>", &oracle);
        set("<GBASE>", &base);
        for (name, path) in [
            ("<HOME_ENC>", root.join("home")),
            ("<RUN_ENC>", root.clone()),
            ("<GBASE_ENC>", base),
        ] {
            ground.values.insert(name.to_owned(), encoded(&path));
        }
        Ok(ground)
    }

    /// The working folder of a call, made if needed, with all that its preparation wants.
    ///
    /// # Errors
    /// Something cannot be written.
    pub fn prepare(&mut self, recording: &Recording, setup: &Setup) -> Result<PathBuf, Error> {
        let entered = setup.cwd.clone().or_else(|| recorded_cwd(recording));
        let entered = entered.unwrap_or_else(|| "<RUN>/work".into());
        for (link, target) in &setup.links {
            let (link, target) = (self.path(link), self.path(target));
            make(&target)?;
            symlink(&target, &link).map_err(|e| Error::io(&link, e))?;
        }
        let cwd = self.path(&entered);
        make(&cwd)?;
        let real = cwd.canonicalize().map_err(|e| Error::io(&cwd, e))?;
        self.values
            .insert("<CWD>".into(), real.display().to_string());
        self.values.insert("<CWD_ENC>".into(), encoded(&real));
        for folder in &setup.folders {
            make(&self.path(folder))?;
        }
        for (path, text) in &setup.write {
            write(&self.path(path), text)?;
        }
        for (path, text) in &setup.spoil {
            let path = self.path(path);
            let mut whole = match text {
                Some(_) => fs::read_to_string(&path).unwrap_or_default(),
                None => String::new(),
            };
            whole.push_str(text.as_deref().unwrap_or_default());
            write(&path, &whole)?;
        }
        if let Some(user) = setup.user {
            for folder in [&self.root, &self.home, &cwd] {
                chown(folder, Some(user), Some(user)).map_err(|e| Error::io(folder, e))?;
            }
        }
        if setup.read_only_home {
            chown(&self.home, Some(0), Some(0)).map_err(|e| Error::io(&self.home, e))?;
            permit(&self.home, 0o555)?;
        }
        Ok(cwd)
    }

    /// A text with what is known filled in.
    #[must_use]
    pub fn fill(&self, text: &str) -> String {
        if !text.contains('<') {
            return text.to_owned();
        }
        self.values
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(name, value)
            })
    }

    fn path(&self, text: &str) -> PathBuf {
        self.fill(text).into()
    }

    /// Keeps the folders for a look.
    pub fn keep(self) -> PathBuf {
        self.dir.keep()
    }
}

/// A fresh folder with a short path.
pub(super) fn folder() -> Result<tempfile::TempDir, Error> {
    // Not below TMPDIR: on macOS that is so long that no path has the recorded length.
    let tmp = Path::new("/tmp")
        .canonicalize()
        .unwrap_or_else(|_| std::env::temp_dir());
    tempfile::Builder::new()
        .prefix("h")
        .rand_bytes(6)
        .tempdir_in(&tmp)
        .map_err(|e| Error::io(&tmp, e))
}

/// The working folder that the recording shows, where it is one with a telling name.
fn recorded_cwd(recording: &Recording) -> Option<String> {
    let shown = recording
        .stdout
        .iter()
        .find_map(|line| line["cwd"].as_str());
    let shown = shown.or_else(|| recording.raw["post"]["init_cwd"][0].as_str())?;
    (shown.starts_with("<GBASE>") || shown.starts_with("<RUN>")).then(|| shown.to_owned())
}

/// A path as the recorder wrote the name of its transcripts' folder.
fn encoded(path: &Path) -> String {
    let text = path.display().to_string();
    text.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect()
}

fn make(folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))
}

fn permit(path: &Path, mode: u32) -> Result<(), Error> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(|e| Error::io(path, e))
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    if let Some(parent) = path.parent() {
        make(parent)?;
    }
    fs::write(path, text).map_err(|e| Error::io(path, e))
}
