//! What the CLI asks of its client, and what the client answers.

use super::McpMessage;
use crate::protocol::hooks;
use crate::protocol::mcp;
use crate::protocol::rules::{Behavior, Update};
use crate::protocol::stream::McpServer;
use crate::protocol::wire::{Nullable, Object, tagged, wire};
use serde_json::Value;

tagged! {
    /// A request of the CLI, by its `subtype`.
    pub enum CliRequest by "subtype" {
        /// A message to an MCP server of the client.
        "mcp_message" => McpMessage(McpMessage),
        /// May this tool run?
        "can_use_tool" => CanUseTool(CanUseTool),
        /// What does this hook say?
        "hook_callback" => HookCallback(HookCallback),
        /// A server asks the user.
        "elicitation" => Elicitation(Elicitation),
        /// A dialog is shown.
        "request_user_dialog" => UserDialog(UserDialog),
    }
}

wire! {
    /// May this tool run? The answer is an [`Approval`].
    pub struct CanUseTool: "subtype" = "can_use_tool" {
        /// The tool.
        tool_name: Option<String>,
        /// Its name for people.
        display_name: Option<String>,
        /// Its MCP server.
        mcp_server: Option<McpServer>,
        /// Its input.
        input: Option<Value>,
        /// What it does.
        description: Option<String>,
        /// Changes that would make the question unnecessary.
        permission_suggestions: Option<Vec<Update>>,
        /// The path that is out of bounds.
        blocked_path: Option<String>,
        /// Why it is asked.
        decision_reason: Option<String>,
        /// Why, by kind.
        decision_reason_type: Option<String>,
        /// Whether a person has to answer.
        requires_user_interaction: Option<bool>,
        /// Whether the server's rules do not go beyond asking.
        server_policy_ask_only: Option<bool>,
        /// The call.
        tool_use_id: Option<String>,
        /// The subagent that called it.
        agent_id: Option<String>,
    }

    /// The answer to [`CanUseTool`], and to a tool that is named by `--permission-prompt-tool`.
    pub struct Approval {
        /// Whether it may.
        behavior: Option<Behavior>,
        /// The input that it runs with.
        updated_input as "updatedInput": Nullable<Object>,
        /// Changes that come with it.
        updated_permissions as "updatedPermissions": Nullable<Vec<Update>>,
        /// What the model is told.
        message: Nullable<String>,
        /// Whether the turn ends.
        interrupt: Option<bool>,
        /// The call.
        tool_use_id as "toolUseID": Option<String>,
        /// How the client classifies its own decision.
        decision_classification as "decisionClassification": Option<String>,
    }

    /// What does this hook say? The answer is a [`hooks::Output`].
    pub struct HookCallback: "subtype" = "hook_callback" {
        /// The hook, as the client knows it.
        callback_id: Option<String>,
        /// What a command would get on stdin.
        input: Option<hooks::Input>,
        /// The call that it is about, or an id of the CLI's own.
        tool_use_id: Option<String>,
    }

    /// The answer to [`McpMessage`].
    pub struct McpReply {
        /// What the server answers.
        mcp_response: Option<mcp::Message>,
    }

    /// A server asks the user.
    pub struct Elicitation: "subtype" = "elicitation" {
        /// The server.
        mcp_server_name: Option<String>,
        /// What it asks.
        message: Option<String>,
        /// `form` or `url`.
        mode: Option<String>,
        /// Where the answer is given.
        url: Option<String>,
        /// The question.
        elicitation_id: Option<String>,
        /// The answer's schema.
        requested_schema: Option<Object>,
    }

    /// A dialog is shown.
    pub struct UserDialog: "subtype" = "request_user_dialog" {
        /// Which.
        dialog_kind: Option<String>,
        /// With what.
        payload: Option<Object>,
        /// The call that it is about.
        tool_use_id: Option<String>,
    }
}
