//! Fake CLIs, and a private folder for each test.

use rustix::fs::{Mode, OFlags};
use serde_json::Value;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use tempfile::TempDir;

/// Scripts of `/bin/sh` that play the CLI; `$OUT` is the test's own folder.
///
/// One that waits opens the fifo `$OUT/gate`: it goes on when the test opens the other end.
const CLIS: &[(&str, &str)] = &[
    (
        "answers",
        r#"echo '{"type":"system","subtype":"init"}'
echo '{"type":"assistant","message":{"content":[{"type":"text","text":"Hi there"}]}}'
echo '{"type":"stream_event","event":{}}'
echo '{"type":"result","subtype":"success","is_error":false}'"#,
    ),
    (
        "records",
        r#"for argument; do printf '%s\n' "$argument"; done > "$OUT/argv"
env > "$OUT/env"
pwd > "$OUT/cwd"
cat > "$OUT/stdin"
ls -l /proc/self/fd > "$OUT/fds" 2>&1
ps -o pgid= -p $$ > "$OUT/pgid"
echo '{"type":"result"}'"#,
    ),
    (
        "reads-stdin",
        r#"echo "{\"type\":\"system\",\"pid\":$$}"
cat > /dev/null
echo '{"type":"result"}'"#,
    ),
    (
        // Runs a script if it is told to be Node; else it is an app, and gives no answer.
        "electron",
        r#"[ -n "$ELECTRON_RUN_AS_NODE" ] || exit 1
exec /bin/sh "$@""#,
    ),
    (
        "waits",
        r#"mkfifo "$OUT/gate"
echo "{\"type\":\"system\",\"pid\":$$}"
read line < "$OUT/gate"
echo '{"type":"result"}'"#,
    ),
    (
        "stubborn",
        r#"trap '' TERM
mkfifo "$OUT/gate"
echo "{\"type\":\"system\",\"pid\":$$}"
read line < "$OUT/gate"
echo '{"type":"result"}'"#,
    ),
    (
        "converses",
        r#"case " $* " in
*" --input-format "*)
    read -r initialize
    read -r user
    printf '%s\n' "$initialize" "$user" > "$OUT/stdin"
    id=${initialize#*\"request_id\":\"}
    id=${id%%\"*}
    echo "{\"type\":\"control_response\",\"response\":{\"subtype\":\"success\",\"request_id\":\"$id\",\"response\":{}}}"
    ;;
esac
echo '{"type":"system","subtype":"init","session_id":"s"}'
echo '{"type":"assistant","message":{"content":[{"type":"text","text":"Hi there"}]},"session_id":"s"}'
echo '{"type":"result","subtype":"success","is_error":false,"result":"Hi there","session_id":"s"}'"#,
    ),
    (
        "fails",
        r#"echo '{"type":"system"}'; echo boom >&2; exit 3"#,
    ),
    ("dies", r#"echo '{"type":"system"}'; kill -KILL $$"#),
    ("says-nothing", "exit 0"),
    ("says-null", "echo null"),
    (
        "garbles",
        r#"echo '{"type":"system"}'; echo 'plain text, no JSON at all'"#,
    ),
    ("prints", r#"cat "$OUT/line""#),
    ("cuts", r#"printf '{"type":"assistant","mess'"#),
    (
        "mixes",
        r#"printf '42\n\n"text"\r\n[1]\n{"type":"a\377","n":1.5}\n{"type":"brand_new"}'"#,
    ),
    (
        "talks-after-term",
        r#"trap 'echo "{\"type\":\"late\"}"; exit 0' TERM
mkfifo "$OUT/gate"
echo "{\"type\":\"system\",\"pid\":$$}"
read line < "$OUT/gate""#,
    ),
];

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Writes the fake CLIs: once, before any test starts a process, since a script that another thread's fork
/// still holds open for writing cannot be run (ETXTBSY).
pub(crate) fn write_clis() {
    let folder = TempDir::new().expect("a temporary folder").keep();
    for (name, text) in CLIS {
        write(&folder.join(name), text, 0o755);
        // A script by its name, for a runtime; sh plays that.
        write(&folder.join(format!("{name}.js")), text, 0o644);
    }
    write(&folder.join("not-executable"), "exit 0", 0o644);
    for (name, text) in [
        ("bad-interpreter", "#!/no/such/interpreter\n"),
        ("no-interpreter", "echo '{\"type\":\"result\"}'\n"),
    ] {
        fs::write(folder.join(name), text).expect("written");
        fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).expect("set");
    }
    for (part, program, text) in [
        ("with-node", "node", "exec /bin/sh \"$@\""),
        ("with-claude", "claude", CLIS[0].1),
    ] {
        fs::create_dir(folder.join(part)).expect("created");
        write(&folder.join(part).join(program), text, 0o755);
    }
    FOLDER.set(folder).expect("written once");
}

/// Removes the fake CLIs: a static is never dropped.
pub(crate) fn remove_clis() {
    let _ = fs::remove_dir_all(cli(""));
}

/// Where a fake CLI lies.
pub(crate) fn cli(name: &str) -> PathBuf {
    FOLDER
        .get()
        .expect("the fake CLIs are written first")
        .join(name)
}

fn write(path: &Path, text: &str, mode: u32) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
}

/// A test's own folder: `$OUT` for the CLI, and a HOME.
pub(crate) struct Stage {
    folder: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        fs::create_dir(folder.path().join("home")).expect("created");
        Self { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Sets a command's world: an empty environment but for PATH, HOME and OUT.
    pub(crate) fn enter(&self, command: &mut Command) {
        let system = ["/usr/local/bin", "/usr/bin", "/bin"].join(":");
        command
            .env_clear()
            .env("PATH", system)
            .env("HOME", self.path("home"))
            .env("OUT", self.path(""));
    }

    /// Opens the gate that the CLI waits at, once it is there.
    pub(crate) fn open_gate(&self) {
        drop(
            OpenOptions::new()
                .write(true)
                .open(self.path("gate"))
                .expect("the CLI made its gate"),
        );
    }

    /// Writes `~/.claude.json` with these project paths.
    pub(crate) fn know(&self, projects: &[&str]) {
        let projects: serde_json::Map<String, Value> = projects
            .iter()
            .map(|path| ((*path).to_owned(), Value::Object(Default::default())))
            .collect();
        let config = serde_json::json!({ "projects": projects });
        fs::write(self.path("home/.claude.json"), config.to_string()).expect("written");
    }

    /// Creates the folder of a project's transcripts.
    pub(crate) fn project(&self, name: &str) -> PathBuf {
        let folder = self.path("home/.claude/projects").join(name);
        fs::create_dir_all(&folder).expect("created");
        folder
    }

    /// Writes a transcript: one line each of `lines`.
    pub(crate) fn transcript(&self, project: &str, session: &str, lines: &[Value]) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(self.project(project).join(format!("{session}.jsonl")), text).expect("written");
    }
}

impl Drop for Stage {
    /// Lets go what still waits at the gate: a failed test leaves no CLI behind.
    fn drop(&mut self) {
        let _ = rustix::fs::open(
            self.path("gate"),
            OFlags::WRONLY | OFlags::NONBLOCK,
            Mode::empty(),
        );
    }
}
