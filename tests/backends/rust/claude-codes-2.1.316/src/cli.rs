//! The CLI as the SDK starts it, stops it and ends it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use claude_codes::Error;
use claude_codes::cli::{ClaudeCliBuilder, PermissionMode};
use claude_codes::client_async::AsyncClient;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::ChildStderr;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::chat::{Request, lock};
use crate::{Options, Permissions};

/// How long a CLI may take for what is left to do after its result.
const MOMENT: Duration = Duration::from_millis(200);
/// How long its last line on stderr is waited for.
const LAST_WORD: Duration = Duration::from_millis(500);
/// A launcher's own variables make the CLI another program than it is.
const LAUNCHERS: [&str; 7] = [
    "CLAUDECODE",
    "NODE_OPTIONS",
    "VSCODE_INSPECTOR_OPTIONS",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH",
];

pub(crate) fn start(
    options: &Options,
    request: &Request,
    session: Option<String>,
) -> Result<AsyncClient, String> {
    let mut builder = ClaudeCliBuilder::new()
        .resume(session)
        .allowed_tools(request.allowed_tools.iter().flatten());
    if let Some(path) = &options.claude_path {
        builder = builder.command(path);
    }
    if let Some(folder) = &request.working_directory {
        builder = builder.working_directory(folder);
    }
    if let Some(mode) = &request.permission_mode {
        builder = builder.permission_mode(permission_mode(mode)?);
    }
    if options.permissions == Permissions::Allow {
        builder = builder.permission_prompt_tool("stdio");
    }
    let mut command = builder.build_command().map_err(text_of)?;
    for name in LAUNCHERS {
        command.env_remove(name);
    }
    let child = command.spawn().map_err(|error| text_of(Error::Io(error)))?;
    AsyncClient::new(child).map_err(text_of)
}

pub(crate) fn text_of(error: Error) -> String {
    match error {
        // With what exit code, or by which signal, the SDK keeps to itself.
        Error::ConnectionClosed => "The CLI ended without a result".to_owned(),
        other => other.to_string(),
    }
}

fn permission_mode(name: &str) -> Result<PermissionMode, String> {
    use PermissionMode::{AcceptEdits, BypassPermissions, Default, Delegate, DontAsk, Plan};
    [
        AcceptEdits,
        BypassPermissions,
        Default,
        Delegate,
        DontAsk,
        Plan,
    ]
    .into_iter()
    .find(|mode| mode.as_str() == name)
    .ok_or_else(|| format!("The SDK knows no permission mode `{name}`"))
}

/// Asks the CLI to end its turn, and waits until it has.
pub(crate) async fn interrupt(client: &mut AsyncClient) -> Result<(), Error> {
    client.interrupt().await?;
    loop {
        match client.receive().await {
            // What was cut off when the turn was given up makes no message.
            Err(Error::Deserialization(_)) => {}
            Ok(message) if message.as_result().is_none() => {}
            ended => return ended.map(drop),
        }
    }
}

/// The SDK cannot close the CLI's stdin, so that it would end by itself: it is killed. Until then it has a moment for what is
/// left to do, such as its transcript; that its stderr ends says that it has ended.
pub(crate) async fn end(client: AsyncClient, stderr: &mut Stderr) {
    stderr.ends_within(MOMENT).await;
    let _ = client.shutdown().await;
}

/// What a CLI says on stderr, read all the time: it would stand still otherwise.
pub(crate) struct Stderr {
    last: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Stderr {
    pub(crate) fn read(from: Option<BufReader<ChildStderr>>) -> Self {
        let last = Arc::<Mutex<String>>::default();
        let line = last.clone();
        let reader = tokio::spawn(async move {
            let Some(mut from) = from else { return };
            let mut bytes = Vec::new();
            while from
                .read_until(b'\n', &mut bytes)
                .await
                .is_ok_and(|read| read > 0)
            {
                let text = String::from_utf8_lossy(&bytes).trim().to_owned();
                if !text.is_empty() {
                    *lock(&line) = text;
                }
                bytes.clear();
            }
        });
        Self { last, reader }
    }

    /// A process that the CLI has left behind may keep its stderr open.
    pub(crate) async fn last_line(&mut self) -> String {
        self.ends_within(LAST_WORD).await;
        lock(&self.last).clone()
    }

    async fn ends_within(&mut self, limit: Duration) {
        // What has come to its end is not waited for again.
        if !self.reader.is_finished() {
            let _ = timeout(limit, &mut self.reader).await;
        }
    }
}

impl Drop for Stderr {
    fn drop(&mut self) {
        self.reader.abort();
    }
}
