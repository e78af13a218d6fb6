//! The hosts against backends that are a few lines of `sh`: no wrapper need be installed for these.

use super::agent::{Agent, Request, Said};
use super::{Config, Kind, acp::Acp, command::Commands, mcp::Mcp};
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};

/// A backend that answers each request by its method.
const PEER: &str = r#"answer() { echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":$1}"; }
while IFS= read -r line; do
  id=$(printf %s "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
  case "$line" in
  *'"initialize"'*) answer '{"agentCapabilities":{"loadSession":true}}';;
  *'"session/load"'*)
    loaded=yes
    echo '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk","content":{"text":"long ago"}}}}'
    answer '{}';;
  *'"session/prompt"'*Again*) [ "$loaded" ] && answer '{"stopReason":"end_turn"}';;
  *'"session/new"'*) answer '{"sessionId":"s"}';;
  *'"session/prompt"'*Stop*) prompt=$id;;
  *'"session/cancel"'*) id=$prompt; answer '{"stopReason":"cancelled"}';;
  *'"session/prompt"'*)
    echo '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"other","update":{"sessionUpdate":"agent_message_chunk","content":{"text":"not mine"}}}}'
    echo '{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s","update":{"sessionUpdate":"agent_message_chunk","content":{"text":"Hi"}}}}'
    answer '{"stopReason":"end_turn"}';;
  *'"tools/list"'*) answer '{"tools":[{"name":"ask"}]}';;
  *'"tools/call"'*Fail*) answer '{"isError":true,"content":[{"type":"text","text":"no space left"}]}';;
  *'"tools/call"'*'"prompt":"Hello"'*) answer '{"content":[{"type":"text","text":"Hi"}]}';;
  esac
done"#;

fn config(kind: Kind, script: &str) -> Config {
    Config {
        kind,
        port: 0,
        command: ["/bin/sh", "-c", script, "sh", "{message}"]
            .map(str::to_owned)
            .into(),
        tool: Some("ask".to_owned()),
        input: json!({ "prompt": "{message}" }),
    }
}

/// What comes of a message, and the lines that were said.
async fn chat(agent: &dyn Agent, message: &str, stopped: bool) -> (Result<(), String>, Vec<Value>) {
    chat_in(None, agent, message, stopped).await
}

/// The same in a conversation of an earlier start.
async fn chat_in(
    session: Option<&str>,
    agent: &dyn Agent,
    message: &str,
    stopped: bool,
) -> (Result<(), String>, Vec<Value>) {
    let (lines, mut said) = mpsc::channel(64);
    let (abort, aborted) = watch::channel(false);
    abort.send_replace(stopped);
    let request = Request {
        message: message.to_owned(),
        request: "r".to_owned(),
        session: session.map(str::to_owned),
        directory: "/".into(),
    };
    let result = agent.chat(request, &Said::new(lines, aborted)).await;
    let mut all = Vec::new();
    while let Some(line) = said.recv().await {
        all.push(serde_json::from_slice(&line).unwrap());
    }
    if let Some(peer) = agent.peer() {
        peer.stop().await;
    }
    (result, all)
}

#[tokio::test(flavor = "current_thread")]
async fn a_conversation_of_an_earlier_start_is_loaded_and_its_replay_is_no_answer() {
    let agent = Acp::start(&config(Kind::Acp, PEER)).await.unwrap();
    let (result, said) = chat_in(Some("s"), &agent, "Again", false).await;
    assert_eq!(result, Ok(()));
    assert_eq!(said, [json!({ "type": "session", "session": "s" })]);
}

#[tokio::test(flavor = "current_thread")]
async fn an_agent_for_editors_answers_in_its_own_session() {
    let agent = Acp::start(&config(Kind::Acp, PEER)).await.unwrap();
    let (result, said) = chat(&agent, "Hello", false).await;
    assert_eq!(result, Ok(()));
    assert_eq!(
        said,
        [
            json!({ "type": "session", "session": "s" }),
            json!({ "type": "text", "text": "Hi" })
        ]
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_stop_reaches_the_agent() {
    let agent = Acp::start(&config(Kind::Acp, PEER)).await.unwrap();
    let (result, _) = chat(&agent, "Stop this", true).await;
    assert_eq!(result, Err("the agent stopped: cancelled".to_owned()));
}

#[tokio::test(flavor = "current_thread")]
async fn an_mcp_tool_is_called_and_its_error_is_one() {
    let server = Mcp::start(&config(Kind::Mcp, PEER)).await.unwrap();
    let (result, said) = chat(&server, "Hello", false).await;
    assert_eq!(
        (result, said),
        (Ok(()), vec![json!({ "type": "text", "text": "Hi" })])
    );
    let server = Mcp::start(&config(Kind::Mcp, PEER)).await.unwrap();
    let (result, _) = chat(&server, "Fail", false).await;
    assert_eq!(result, Err("no space left".to_owned()));
}

#[tokio::test(flavor = "current_thread")]
async fn a_tool_that_there_is_not_is_named_with_those_that_there_are() {
    let mut config = config(Kind::Mcp, PEER);
    config.tool = Some("aks".to_owned());
    let error = Mcp::start(&config).await.err().unwrap().to_string();
    assert_eq!(
        error,
        "`mcp.tool`: there is no tool `aks`; the server has ask"
    );
}

#[tokio::test(flavor = "current_thread")]
async fn a_backend_that_ends_leaves_nobody_waiting() {
    let started = Acp::start(&config(Kind::Acp, "read line; exit 3")).await;
    let error = started.err().unwrap().to_string();
    assert_eq!(error, "the backend has ended");
}

#[tokio::test(flavor = "current_thread")]
async fn a_command_gets_the_message_and_its_failure_is_told() {
    let command = Commands::new(&config(Kind::Command, "echo \"got $1\""));
    let (result, said) = chat(&command, "a {message} b", false).await;
    assert_eq!(result, Ok(()));
    assert_eq!(
        said,
        [json!({ "type": "text", "text": "got a {message} b\n" })]
    );
    let command = Commands::new(&config(Kind::Command, "echo boom >&2; exit 3"));
    let (result, _) = chat(&command, "Hello", false).await;
    assert_eq!(result, Err("exit status: 3: boom".to_owned()));
}
