//! Control requests of both sides, and their answers.

mod cli;
mod client;
mod payload;

pub use cli::{Approval, CanUseTool, CliRequest, Elicitation, HookCallback, McpReply, UserDialog};
pub use client::{
    BackgroundTasks, Bare, CallbackMatcher, CancelMessage, ContextUsage, EndSession,
    FileSuggestions, GenerateTitle, Initialize, Interrupt, McpCall, McpNamed, McpReadResource,
    McpSetServers, McpToggle, ReadFile, RegisterRepoRoot, RenameSession, Request, RewindFiles,
    SeedReadState, SetColor, SetHasSubscribers, SetMaxThinkingTokens, SetModel, SetPermissionMode,
    SettingsChange, SideQuestion, TaskNamed,
};
pub use payload::{AgentInfo, Command, ContextPart, ListedEvent, ListedHook, Square};

use super::mcp;
use super::wire::{Nullable, tagged, wire};
use serde_json::Value;

wire! {
    /// A request of the client.
    pub struct ControlRequest: "type" = "control_request" {
        /// Its id, which the answer repeats; clients have been seen to leave it out.
        request_id: Option<Value>,
        /// What is asked for.
        request: Option<Request>,
    }

    /// A request of the CLI.
    pub struct CliControlRequest: "type" = "control_request" {
        /// Its id, which the answer repeats.
        request_id: Option<String>,
        /// What is asked for.
        request: Option<CliRequest>,
    }

    /// The answer to a control request.
    pub struct ControlResponse: "type" = "control_response" {
        /// The answer.
        response: Option<Response>,
    }

    /// A control request is taken back.
    pub struct ControlCancel: "type" = "control_cancel_request" {
        /// The request.
        request_id: Option<Value>,
    }
}

tagged! {
    /// An answer, by its `subtype`.
    pub enum Response by "subtype" {
        /// It was done.
        "success" => Success(Success),
        /// It was not.
        "error" => Failure(Failure),
    }
}

wire! {
    /// It was done.
    pub struct Success: "subtype" = "success" {
        /// The request.
        request_id: Option<Value>,
        /// What came of it.
        response: Nullable<Value>,
        /// Questions that are still out.
        pending_permission_requests: Option<Vec<Value>>,
        /// Dialogs that are still out.
        pending_user_dialog_requests: Option<Vec<Value>>,
    }

    /// It was not done.
    pub struct Failure: "subtype" = "error" {
        /// The request.
        request_id: Option<Value>,
        /// Why.
        error: Option<String>,
        /// Questions that are still out.
        pending_permission_requests: Option<Vec<Value>>,
        /// Dialogs that are still out.
        pending_user_dialog_requests: Option<Vec<Value>>,
        /// Why, by code.
        error_code: Option<String>,
    }
}

impl Response {
    /// What came of it; of an unknown kind, what it has in that place.
    #[must_use]
    pub fn payload(&self) -> Option<&Value> {
        match self {
            Response::Success(success) => success.response.value(),
            Response::Failure(_) => None,
            Response::Other(map) => map.get("response"),
        }
    }

    /// Why it was not done.
    #[must_use]
    pub fn failure(&self) -> Option<&str> {
        match self {
            Response::Failure(failure) => Some(failure.error.as_deref().unwrap_or_default()),
            Response::Success(_) | Response::Other(_) => None,
        }
    }

    /// The request that it answers.
    #[must_use]
    pub fn request_id(&self) -> Option<&Value> {
        match self {
            Response::Success(success) => success.request_id.as_ref(),
            Response::Failure(failure) => failure.request_id.as_ref(),
            Response::Other(map) => map.get("request_id"),
        }
    }
}

wire! {
    /// A message to or from an MCP server of the client.
    pub struct McpMessage: "subtype" = "mcp_message" {
        /// The server.
        server_name: Option<String>,
        /// The message.
        message: Option<mcp::Message>,
    }
}
