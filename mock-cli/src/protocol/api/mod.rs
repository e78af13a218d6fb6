//! The Messages API: the events of a streamed answer, messages, content blocks, usage, errors.

mod make;

use super::plain::TextOr;
use super::wire::{Nullable, Object, tagged, wire, words};
use serde_json::{Number, Value};

tagged! {
    /// An event of a streamed answer, by its `type`.
    pub enum Event by "type" {
        /// The answer begins.
        "message_start" => MessageStart(MessageStart),
        /// A block begins.
        "content_block_start" => BlockStart(BlockStart),
        /// A block goes on.
        "content_block_delta" => BlockDelta(BlockDelta),
        /// A block is complete.
        "content_block_stop" => BlockStop(BlockStop),
        /// The answer's end is known.
        "message_delta" => MessageDelta(MessageDelta),
        /// The answer is complete.
        "message_stop" => MessageStop(MessageStop),
        /// The connection is alive.
        "ping" => Ping(Ping),
        /// The answer breaks off.
        "error" => Error(ErrorBody),
    }
}

wire! {
    /// The start of an answer.
    pub struct MessageStart: "type" = "message_start" {
        /// The message, without its content.
        message: Option<Message>,
    }

    /// The start of a block.
    pub struct BlockStart: "type" = "content_block_start" {
        /// The block's number.
        index: Option<u64>,
        /// The block, which has yet to be filled.
        content_block: Option<Block>,
    }

    /// More of a block.
    pub struct BlockDelta: "type" = "content_block_delta" {
        /// The block's number.
        index: Option<u64>,
        /// What is added.
        delta: Option<Delta>,
    }

    /// The end of a block.
    pub struct BlockStop: "type" = "content_block_stop" {
        /// The block's number.
        index: Option<u64>,
    }

    /// What is known of a message at its end.
    pub struct MessageDelta: "type" = "message_delta" {
        /// The changes.
        delta: Option<Ending>,
        /// What was used in all.
        usage: Option<Usage>,
        /// What was done to the context.
        context_management: Nullable<Object>,
    }

    /// Why a message ended.
    pub struct Ending {
        /// The reason.
        stop_reason: Nullable<StopReason>,
        /// The sequence at which it stopped.
        stop_sequence: Nullable<String>,
        /// The container that code ran in.
        container: Nullable<Value>,
        /// More on the reason.
        stop_details: Nullable<Object>,
    }

    /// The end of an answer.
    pub struct MessageStop: "type" = "message_stop" {}

    /// A sign of life.
    pub struct Ping: "type" = "ping" {}

    /// An error, as the body of a response or as an event.
    pub struct ErrorBody: "type" = "error" {
        /// The error.
        error: Option<Error>,
        /// What a gateway says that knows no such error.
        message: Option<String>,
        /// The request that failed.
        request_id: Nullable<String>,
    }

    /// What went wrong.
    pub struct Error {
        /// Its kind, `overloaded_error` for example.
        kind as "type": Option<String>,
        /// A text for people.
        message: Option<String>,
        /// More on it.
        details: Nullable<Value>,
    }

    /// A message of either side.
    pub struct Message {
        /// Its id, `msg_…`, or that of a message which the CLI itself made.
        id: Option<String>,
        /// The container that code ran in.
        container: Nullable<Value>,
        /// Always `message`.
        kind as "type": Option<String>,
        /// `user` or `assistant`.
        role: Option<String>,
        /// The model that wrote it; `<synthetic>` where the CLI did.
        model: Option<String>,
        /// A text, or blocks.
        content: Option<TextOr<Block>>,
        /// Why it ended; null while it has not.
        stop_reason: Nullable<StopReason>,
        /// The sequence at which it stopped.
        stop_sequence: Nullable<String>,
        /// More on the reason.
        stop_details: Nullable<Object>,
        /// What it used.
        usage: Option<Usage>,
        /// What was done to the context.
        context_management: Nullable<Object>,
        /// Diagnostics of a message that the CLI itself made.
        diagnostics: Nullable<Value>,
    }
}

words! {
    /// Why the model stopped.
    pub enum StopReason {
        /// It was done.
        EndTurn = "end_turn",
        /// It wants tools to run.
        ToolUse = "tool_use",
        /// It reached the limit of output.
        MaxTokens = "max_tokens",
        /// It wrote a stop sequence.
        StopSequence = "stop_sequence",
        /// It refused.
        Refusal = "refusal",
        /// It will go on in the next request.
        PauseTurn = "pause_turn",
        /// The context is full.
        ContextExceeded = "model_context_window_exceeded",
    }
}

tagged! {
    /// A piece of a block, by its `type`.
    pub enum Delta by "type" {
        /// Text.
        "text_delta" => Text(TextDelta),
        /// Thinking.
        "thinking_delta" => Thinking(ThinkingDelta),
        /// The signature of thinking.
        "signature_delta" => Signature(SignatureDelta),
        /// A tool's input.
        "input_json_delta" => Input(InputDelta),
        /// A source of the text.
        "citations_delta" => Citation(CitationDelta),
    }
}

wire! {
    /// More text.
    pub struct TextDelta: "type" = "text_delta" {
        /// The text.
        text: Option<String>,
    }

    /// More thinking.
    pub struct ThinkingDelta: "type" = "thinking_delta" {
        /// The text.
        thinking: Option<String>,
    }

    /// More of a signature.
    pub struct SignatureDelta: "type" = "signature_delta" {
        /// The signature.
        signature: Option<String>,
    }

    /// More of a tool's input.
    pub struct InputDelta: "type" = "input_json_delta" {
        /// A piece of its JSON.
        partial_json: Option<String>,
    }

    /// A source of the text.
    pub struct CitationDelta: "type" = "citations_delta" {
        /// The source.
        citation: Option<Object>,
    }
}

tagged! {
    /// A block of a message, by its `type`.
    pub enum Block by "type" {
        /// Text.
        "text" => Text(Text),
        /// Thinking.
        "thinking" => Thinking(Thinking),
        /// Thinking that nobody may read.
        "redacted_thinking" => Redacted(RedactedThinking),
        /// A call of a tool.
        "tool_use" => ToolUse(ToolUse),
        /// A call of a tool that the API itself runs.
        "server_tool_use" => ServerToolUse(ServerToolUse),
        /// What came of a call.
        "tool_result" => ToolResult(ToolResult),
        /// A picture.
        "image" => Image(Sourced),
        /// A document.
        "document" => Document(Sourced),
    }
}

wire! {
    /// A text.
    pub struct Text: "type" = "text" {
        /// The text.
        text: Option<String>,
        /// Where it comes from.
        citations: Nullable<Vec<Object>>,
        /// A mark for the API's cache.
        cache_control: Nullable<Object>,
    }

    /// A thought.
    pub struct Thinking: "type" = "thinking" {
        /// The thought.
        thinking: Option<String>,
        /// The API's signature.
        signature: Option<String>,
    }

    /// A thought that is encrypted.
    pub struct RedactedThinking: "type" = "redacted_thinking" {
        /// The thought.
        data: Option<String>,
    }

    /// A call of a tool.
    pub struct ToolUse: "type" = "tool_use" {
        /// The call's id, `toolu_…`.
        id: Nullable<String>,
        /// The tool.
        name: Option<String>,
        /// Its input.
        input: Option<Value>,
    }

    /// A call of a tool that the API itself runs.
    pub struct ServerToolUse: "type" = "server_tool_use" {
        /// The call's id, `srvtoolu_…`.
        id: Nullable<String>,
        /// The tool.
        name: Option<String>,
        /// Its input.
        input: Option<Value>,
    }

    /// What came of a call.
    pub struct ToolResult: "type" = "tool_result" {
        /// The call.
        tool_use_id: Option<String>,
        /// A text, or blocks.
        content: Option<TextOr<Block>>,
        /// Whether it failed.
        is_error: Option<bool>,
        /// A mark for the API's cache.
        cache_control: Nullable<Object>,
    }

    /// A picture or a document.
    pub struct Sourced {
        /// `image` or `document`.
        kind as "type": Option<String>,
        /// Where its bytes are.
        source: Option<Object>,
        /// A mark for the API's cache.
        cache_control: Nullable<Object>,
    }

    /// What was used.
    pub struct Usage {
        /// Input tokens that did not come from the cache.
        input_tokens: Nullable<u64>,
        /// Tokens that were written.
        output_tokens: Nullable<u64>,
        /// Tokens that were put into the cache.
        cache_creation_input_tokens: Nullable<u64>,
        /// Tokens that came from the cache.
        cache_read_input_tokens: Nullable<u64>,
        /// What the written tokens were.
        output_tokens_details: Nullable<OutputDetails>,
        /// Tools of the API's own.
        server_tool_use: Nullable<ServerTools>,
        /// The tier.
        service_tier: Nullable<String>,
        /// How long the cache lasts.
        cache_creation: Nullable<CacheCreation>,
        /// Where it ran.
        inference_geo: Nullable<String>,
        /// The steps of one request.
        iterations: Nullable<Vec<Object>>,
        /// The speed that was asked for.
        speed: Nullable<String>,
        /// What a fallback gave back.
        fallback_credit: Nullable<Value>,
    }

    /// What the written tokens were.
    pub struct OutputDetails {
        /// Tokens of thinking.
        thinking_tokens: Option<u64>,
    }

    /// Uses of the API's own tools.
    pub struct ServerTools {
        /// Searches.
        web_search_requests: Option<u64>,
        /// Pages.
        web_fetch_requests: Option<u64>,
    }

    /// Tokens in the cache by how long they last.
    pub struct CacheCreation {
        /// For an hour.
        ephemeral_1h_input_tokens: Option<u64>,
        /// For five minutes.
        ephemeral_5m_input_tokens: Option<u64>,
    }

    /// The use of one model, as a result sums it up.
    pub struct ModelUsage {
        /// Input tokens that did not come from the cache.
        input_tokens as "inputTokens": Option<u64>,
        /// Tokens that were written.
        output_tokens as "outputTokens": Option<u64>,
        /// Tokens that came from the cache.
        cache_read_input_tokens as "cacheReadInputTokens": Option<u64>,
        /// Tokens that were put into the cache.
        cache_creation_input_tokens as "cacheCreationInputTokens": Option<u64>,
        /// Searches.
        web_search_requests as "webSearchRequests": Option<u64>,
        /// What it cost.
        cost_usd as "costUSD": Option<Number>,
        /// How much the model can read.
        context_window as "contextWindow": Option<u64>,
        /// How much it can write.
        max_output_tokens as "maxOutputTokens": Option<u64>,
        /// Tokens of thinking.
        thinking_tokens as "thinkingTokens": Option<u64>,
        /// Tokens in the cache for five minutes.
        cache_5m_input_tokens as "cacheCreationEphemeral5mInputTokens": Option<u64>,
        /// Tokens in the cache for an hour.
        cache_1h_input_tokens as "cacheCreationEphemeral1hInputTokens": Option<u64>,
        /// The model's name without suffixes.
        canonical_model as "canonicalModel": Option<String>,
        /// Who runs it.
        provider: Option<String>,
        /// Where the price comes from.
        cost_basis as "costBasis": Option<String>,
    }
}

impl Message {
    /// Its text: the content, or the text blocks of it, one a line.
    #[must_use]
    pub fn text(&self) -> String {
        match &self.content {
            Some(content) => content.text(),
            None => String::new(),
        }
    }
}

impl TextOr<Block> {
    /// The text: this, or the text blocks of it, one a line.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            TextOr::Text(text) => text.clone(),
            TextOr::Blocks(blocks) => {
                let texts: Vec<&str> = blocks.iter().filter_map(Block::as_text).collect();
                texts.join("\n")
            }
        }
    }

    /// The blocks; none of a plain text.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        match self {
            TextOr::Text(_) => &[],
            TextOr::Blocks(blocks) => blocks,
        }
    }
}

impl Delta {
    /// The text of a piece of text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Delta::Text(text) => text.text.as_deref(),
            _ => None,
        }
    }
}

impl Block {
    /// The text of a text block.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Block::Text(text) => text.text.as_deref(),
            _ => None,
        }
    }

    /// The call of a tool.
    #[must_use]
    pub fn as_tool_use(&self) -> Option<&ToolUse> {
        match self {
            Block::ToolUse(tool) => Some(tool),
            _ => None,
        }
    }
}
