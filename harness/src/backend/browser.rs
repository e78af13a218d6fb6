//! A real browser, headless, in which the user of the reference backend's page sits; driven by WebDriver.
//!
//! It is no part of the run that is judged: a supervisor of its own ends it, whatever becomes of the harness.

use crate::stage;
use crate::supervise::{Event, Launch, SpawnSpec, Supervisor};
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the driver and its browser may take to start.
const START: Duration = Duration::from_secs(60);
/// So much CPU time between two looks, in milliseconds, is work.
const WORK_MS: u64 = 20;
/// The variable that names the WebDriver server, where it is not on PATH.
const CHROMEDRIVER: &str = "CLAUDE_HARNESS_CHROMEDRIVER";
/// What the driver says once it listens.
const STARTED: &str = "started successfully on port ";
/// Gives what a function gives as soon as that is something, however often the page changes before.
const WHEN: &str = "
    const given = arguments;
    const found = () => { BODY };
    const done = arguments[arguments.length - 1];
    const look = () => {
        const value = found();
        if (!value) return false;
        observer.disconnect();
        done(value);
        return true;
    };
    const observer = new MutationObserver(look);
    if (!look()) observer.observe(document, { subtree: true, childList: true, attributes: true });
";

/// A browser with one window.
pub struct Browser {
    client: Client,
    supervisor: Supervisor,
    /// The working directory of the page that is open, if one is.
    pub(super) shown: RefCell<Option<PathBuf>>,
    /// A command has not come to its end.
    busy: Cell<bool>,
    /// The CPU time that it had used at the last look, in milliseconds.
    used_ms: Cell<u64>,
}

/// Why the browser did not do something.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The driver's own words.
    #[error("the browser: {0}")]
    Command(#[from] CmdError),
    /// What was asked before was given up, and may still come.
    #[error("the page is still busy")]
    Busy,
}

impl std::fmt::Debug for Browser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Browser").finish_non_exhaustive()
    }
}

/// Where the WebDriver server is, if there is one.
pub fn find_chromedriver() -> Option<PathBuf> {
    stage::find_program(CHROMEDRIVER, "chromedriver")
}

impl Browser {
    /// Starts a browser that keeps all its files in this folder.
    ///
    /// # Errors
    /// There is no driver, or it or its browser does not start.
    pub async fn start(launch: Launch, folder: &Path) -> io::Result<Self> {
        let program = find_chromedriver().ok_or_else(|| {
            io::Error::other(format!("no chromedriver on PATH or in {CHROMEDRIVER}"))
        })?;
        std::fs::create_dir_all(folder)?;
        let mut supervisor = Supervisor::launch(launch).await.map_err(io::Error::other)?;
        let place = folder.to_string_lossy();
        let mut spec = SpawnSpec::new(program, folder.to_owned())
            .args(["--port=0"])
            .env("HOME", &place)
            .env("TMPDIR", &place);
        let path = std::env::var("PATH").unwrap_or_default();
        spec = spec.env("PATH", &path);
        supervisor.spawn(&spec).await.map_err(io::Error::other)?;
        let ready = async {
            let port = port(&mut supervisor).await?;
            let mut connector = HttpConnector::new();
            connector.set_nodelay(true);
            let mut builder = ClientBuilder::new(connector);
            if let Value::Object(wanted) = capabilities(folder) {
                builder.capabilities(wanted);
            }
            let address = format!("http://127.0.0.1:{port}");
            builder.connect(&address).await.map_err(io::Error::other)
        };
        let client = tokio::time::timeout(START, ready).await??;
        Ok(Self {
            client,
            supervisor,
            shown: RefCell::default(),
            busy: Cell::new(false),
            used_ms: Cell::new(0),
        })
    }

    /// Whether it is at work since the last look, or would be if it got the processor: what the user waits for then is not
    /// the backend. One that only shows a page uses next to nothing.
    pub(super) async fn is_working(&self) -> bool {
        let used = self.supervisor.cpu().await;
        let before = self.used_ms.replace(used);
        let processes = self.supervisor.processes().await;
        let wants = processes.iter().any(|it| matches!(it.state, 'R' | 'D'));
        wants || used.saturating_sub(before) >= WORK_MS
    }

    /// Opens a page.
    pub(super) async fn open(&self, url: &str) -> Result<(), Trouble> {
        self.command(self.client.goto(url)).await
    }

    /// Leaves the page, as when the user closes the window.
    pub(super) async fn leave(&self) {
        self.forget();
        let _ = self.open("about:blank").await;
    }

    /// The page that is open is of a server that is gone.
    pub(super) fn forget(&self) {
        self.shown.take();
    }

    /// Clicks what a selector finds first.
    pub(super) async fn click(&self, selector: &str) -> Result<(), Trouble> {
        let found = async {
            self.client
                .find(Locator::Css(selector))
                .await?
                .click()
                .await
        };
        self.command(found).await
    }

    /// Types into what a selector finds first.
    pub(super) async fn type_into(&self, selector: &str, text: &str) -> Result<(), Trouble> {
        let typed = async {
            let field = self.client.find(Locator::Css(selector)).await?;
            field.send_keys(text).await
        };
        self.command(typed).await
    }

    /// Waits until the body of a function gives something; `given` are its arguments.
    pub(super) async fn when(&self, body: &str, given: Vec<Value>) -> Result<Value, Trouble> {
        let script = WHEN.replace("BODY", body);
        self.command(self.client.execute_async(&script, given))
            .await
    }

    /// What the window shows, as a PNG.
    pub(super) async fn screenshot(&self) -> Option<Vec<u8>> {
        self.command(self.client.screenshot()).await.ok()
    }

    /// One command at a time: behind one that was given up the driver would keep all others waiting.
    async fn command<T>(
        &self,
        command: impl Future<Output = Result<T, CmdError>>,
    ) -> Result<T, Trouble> {
        if self.busy.replace(true) {
            return Err(Trouble::Busy);
        }
        let done = command.await;
        self.busy.set(false);
        Ok(done?)
    }

    /// Closes the window, and ends all of it.
    pub async fn close(self) {
        let _ = self.command(self.client.clone().close()).await;
        let _ = self.supervisor.finish().await;
    }
}

/// The port that the driver says it listens on.
async fn port(supervisor: &mut Supervisor) -> io::Result<u16> {
    let mut said = String::new();
    while let Some(event) = supervisor.next_event().await {
        match event {
            Event::Log { line, .. } => {
                let port = line.split(STARTED).nth(1);
                if let Some(port) = port.and_then(|it| it.trim_end_matches('.').parse().ok()) {
                    return Ok(port);
                }
                said = line;
            }
            Event::Died { .. } => break,
            _ => {}
        }
    }
    Err(io::Error::other(format!(
        "chromedriver did not start: {said}"
    )))
}

fn capabilities(folder: &Path) -> Value {
    json!({
        // An answer may take as long as its budget.
        "timeouts": { "script": 3_600_000 },
        "goog:chromeOptions": { "args": [
            "--headless=new",
            "--window-size=1100,720",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--no-first-run",
            // It only sees our own page, on loopback; containers and root have no sandbox.
            "--no-sandbox",
            format!("--user-data-dir={}", folder.join("profile").display()),
        ]},
    })
}
