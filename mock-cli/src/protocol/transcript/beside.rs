//! Lines beside the chain.

use crate::protocol::api::ModelUsage;
use crate::protocol::plain::Named;
use crate::protocol::wire::{Object, wire};
use serde_json::{Number, Value};

wire! {
    /// A summary of another chain.
    pub struct Summary: "type" = "summary" {
        /// The summary.
        summary: Option<String>,
        /// The chain's last line.
        leaf_uuid as "leafUuid": Option<String>,
    }

    /// A prompt waits, or does not wait any more.
    pub struct QueueOperation: "type" = "queue-operation" {
        /// `enqueue`, `dequeue` or `remove`.
        operation: Option<String>,
        /// When.
        timestamp: Option<String>,
        /// The session.
        session_id as "sessionId": Option<String>,
        /// The prompt.
        content: Option<Value>,
        /// Why.
        reason: Option<String>,
        /// The prompt's id.
        command_uuid as "commandUuid": Option<String>,
        /// What was delivered.
        delivery_id as "deliveryId": Option<String>,
    }

    /// Files as they were before a prompt.
    pub struct FileHistorySnapshot: "type" = "file-history-snapshot" {
        /// The prompt's line.
        message_id as "messageId": Option<String>,
        /// The files.
        snapshot: Option<Object>,
        /// Whether it changes an earlier one.
        is_update as "isSnapshotUpdate": Option<bool>,
    }

    /// The last prompt.
    pub struct LastPrompt: "type" = "last-prompt" {
        /// The prompt.
        last_prompt as "lastPrompt": Option<String>,
        /// The chain's last line.
        leaf_uuid as "leafUuid": Option<String>,
        /// The session.
        session_id as "sessionId": Option<String>,
    }

    /// The mode.
    pub struct ModeLine: "type" = "mode" {
        /// The mode.
        mode: Option<String>,
        /// The session.
        session_id as "sessionId": Option<String>,
    }

    /// The session's title, as the user wants it.
    pub struct CustomTitle: "type" = "custom-title" {
        /// The title.
        custom_title as "customTitle": Option<String>,
        /// The session.
        session_id as "sessionId": Option<String>,
    }

    /// The session's name.
    pub struct AgentName: "type" = "agent-name" {
        /// The name.
        agent_name as "agentName": Option<String>,
        /// The session.
        session_id as "sessionId": Option<String>,
    }

    /// What the session has cost.
    pub struct CostState: "type" = "cost-state" {
        /// The session.
        session_id as "sessionId": Option<String>,
        /// The cost.
        total_cost_usd as "totalCostUSD": Option<Number>,
        /// How long the API took.
        total_api_duration as "totalAPIDuration": Option<Number>,
        /// The same without what was tried again.
        total_api_duration_without_retries as "totalAPIDurationWithoutRetries": Option<Number>,
        /// How long tools took.
        total_tool_duration as "totalToolDuration": Option<Number>,
        /// Lines that came.
        total_lines_added as "totalLinesAdded": Option<u64>,
        /// Lines that went.
        total_lines_removed as "totalLinesRemoved": Option<u64>,
        /// How long it took.
        total_duration as "totalDuration": Option<Number>,
        /// When it began.
        start_time as "startTime": Option<Number>,
        /// The use by model.
        model_usage as "modelUsage": Option<Named<ModelUsage>>,
        /// Whether the price of a model is not known.
        has_unknown_model_cost as "hasUnknownModelCost": Option<bool>,
    }

    /// The tools that were used.
    pub struct ToolsUsed: "type" = "tools-used" {
        /// The tools.
        tools: Option<Vec<String>>,
        /// The session.
        session_id as "sessionId": Option<String>,
    }

    /// A request to the API.
    pub struct ApiRequest: "type" = "api-request" {
        /// The session.
        session_id as "sessionId": Option<String>,
        /// Its id.
        id: Option<String>,
        /// The CLI's version.
        version: Option<String>,
        /// When.
        timestamp: Option<String>,
        /// For what the API was asked.
        query_source as "querySource": Option<String>,
        /// What requests have in common.
        shape_hash as "shapeHash": Option<String>,
        /// The request that it continues.
        base: Option<Value>,
        /// How much of that stays.
        keep: Option<Value>,
        /// What is new.
        tail: Option<Value>,
        /// Its parameters.
        params: Option<Object>,
        /// Marks for the API's cache.
        cache_control as "cacheControl": Option<Value>,
        /// What it is known by.
        request_digest as "requestDigest": Option<String>,
    }

    /// A message that requests have.
    pub struct ApiRequestBlob: "type" = "api-request-blob" {
        /// The session.
        session_id as "sessionId": Option<String>,
        /// What it is known by.
        hash: Option<String>,
        /// The message.
        message: Option<Value>,
        /// The subagent.
        agent_id as "agentId": Option<String>,
    }

    /// What requests have in common.
    pub struct ApiRequestShape: "type" = "api-request-shape" {
        /// The session.
        session_id as "sessionId": Option<String>,
        /// The CLI's version.
        version: Option<String>,
        /// When.
        timestamp: Option<String>,
        /// What it is known by.
        shape_hash as "shapeHash": Option<String>,
        /// What it is.
        shape: Option<Value>,
        /// The subagent.
        agent_id as "agentId": Option<String>,
    }

    /// What was switched on for the session.
    pub struct AtisLatch: "type" = "atis-latch" {
        /// What.
        atis: Option<Value>,
        /// The session.
        session_id as "sessionId": Option<String>,
    }
}
