//! What went wrong with a request, and how a version says it.

use super::limits::Reached;
use super::turn::Turn;
use super::{Engine, fallback::gateway};
use crate::process::Quit;
use crate::profile::BrokenStream;
use crate::protocol::api::ErrorBody;
use crate::protocol::transcript::{ApiErrorDetails, Connection, Line};
use crate::protocol::wire::{Nullable, Wire};
use crate::script::ApiError;
use crate::template::{Vars, render};
use serde::Deserialize;
use serde_json::{Value, json};

/// A failed request.
#[derive(Debug, Clone, Default)]
pub(super) struct Failure {
    pub(super) status: Option<u16>,
    /// The `type` of the API's error.
    api_type: Option<String>,
    /// The API's message, or the whole body where that is no JSON.
    message: String,
    /// The body as JSON.
    pub(super) raw: String,
    request_id: Option<String>,
    pub(super) retry_after_ms: Option<u64>,
    should_retry: Option<bool>,
    /// The profile's text, where the status does not tell.
    name: Option<&'static str>,
    /// Why the model stopped, where it did.
    pub(super) stop_reason: Option<&'static str>,
    message_id: Option<String>,
    in_stream: bool,
    /// The request whose stream ended with an error.
    cut_request: Option<String>,
    /// What is said in place of the profile's text.
    text: Option<String>,
    /// The limit of a subscription that it is about.
    pub(super) reached: Option<Reached>,
}

/// What a profile says of a failure.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Told {
    text: Option<String>,
    /// What the line calls it.
    error: Option<String>,
    /// What the result calls it.
    terminal_reason: Option<String>,
    /// Whether the request is not named.
    anonymous: bool,
    /// Whether its status is not told.
    unnumbered: bool,
    /// Which limit it was.
    api_error: Option<String>,
    api_error_params: Option<Value>,
    /// What the transcript has besides.
    kept: Option<Value>,
    /// The same, where the version's line has its place.
    details: Option<String>,
    heals: Option<bool>,
    /// Whether it may pass, where the line says so.
    transient: Option<bool>,
}

impl Failure {
    /// What the API says is wrong; `heeds`: whether it is tried again where the API asks for that.
    pub(super) fn of(error: &ApiError, request_id: &str, heeds: bool) -> Failure {
        let header = |name: &str| {
            error
                .headers
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, v)| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
        };
        let body = ErrorBody::read(error.body.clone()).unwrap_or_default();
        let inner = body.error.unwrap_or_default();
        let raw = body
            .message
            .unwrap_or_else(|| crate::json::line(&error.body, crate::json::Escapes::None));
        Failure {
            status: Some(error.status),
            api_type: inner.kind,
            message: inner.message.unwrap_or_else(|| raw.clone()),
            raw,
            request_id: Some(request_id.to_owned()),
            retry_after_ms: header("retry-after")
                .and_then(|v| v.trim().parse::<u64>().ok())
                .map(|seconds| seconds.saturating_mul(1000)),
            should_retry: header("x-should-retry")
                .and_then(|v| v.parse().ok())
                .filter(|again| heeds || !again),
            ..Failure::default()
        }
    }

    pub(super) fn named(name: &'static str) -> Failure {
        Failure {
            name: Some(name),
            ..Failure::default()
        }
    }

    pub(super) fn dropped() -> Failure {
        Failure::named("dropped")
    }

    /// There is no connection.
    pub(super) fn refused() -> Failure {
        Failure::named("refused")
    }

    /// The connection was lost in the middle of an answer.
    pub(super) fn cut() -> Failure {
        Failure {
            in_stream: true,
            ..Failure::dropped()
        }
    }

    pub(super) fn was_cut(&self) -> bool {
        self.in_stream
    }

    pub(super) fn no_credentials() -> Failure {
        Failure::named("no_credentials")
    }

    /// The model would not answer.
    pub(super) fn refusal(
        request_id: &str,
        message_id: &str,
        stop_reason: Option<&'static str>,
    ) -> Failure {
        Failure {
            request_id: Some(request_id.to_owned()),
            message_id: Some(message_id.to_owned()),
            stop_reason,
            ..Failure::named("refusal")
        }
    }

    /// The same as such a limit, which may pass soon or not.
    pub(super) fn limited_by(self, name: &'static str, passes: bool, reached: Reached) -> Failure {
        Failure {
            name: Some(name),
            should_retry: Some(passes),
            reached: Some(reached),
            ..self
        }
    }

    /// The same in these words.
    pub(super) fn saying(self, text: String) -> Failure {
        Failure {
            text: Some(text),
            ..self
        }
    }

    /// The same, said of too many in a row.
    pub(super) fn repeated(self) -> Failure {
        Failure {
            name: Some("overloaded"),
            ..self
        }
    }

    /// The API finds something wrong with the request that no text of the profile speaks of.
    pub(super) fn is_odd(&self) -> bool {
        matches!(self.status, Some(400 | 422)) && self.text_name(true) == "generic"
    }

    /// The answer that was asked for might be too long, and no more than that.
    pub(super) fn can_be_shortened(&self) -> bool {
        self.text_name(true) == "context_limit"
    }

    pub(super) fn is_overload(&self) -> bool {
        self.status == Some(529)
    }

    pub(super) fn can_be_retried(&self) -> bool {
        self.should_retry.unwrap_or(match self.status {
            None => !self.is_malformed(),
            Some(status) => matches!(status, 401 | 408 | 409 | 429 | 500..),
        })
    }

    /// As the transcript has it.
    pub(super) fn kept(&self) -> Value {
        let refused = self.name == Some("refused");
        let (code, what) = match refused {
            true => (
                "ECONNREFUSED",
                "Unable to connect. Is the computer able to access the url?",
            ),
            false => (
                "ECONNRESET",
                "The socket connection was closed unexpectedly. For more information, pass `verbose: true` in the second argument to fetch()",
            ),
        };
        let details = match self.status {
            Some(status) => ApiErrorDetails {
                message: Some(format!("{status} {}", self.raw)),
                status: Some(status.into()),
                request_id: self.request_id.clone(),
                formatted: Some(format!("{status} {}", self.message)),
                connection: Nullable::Null,
                ..ApiErrorDetails::default()
            },
            None => ApiErrorDetails {
                message: Some("Connection error.".into()),
                formatted: Some(match refused {
                    true => {
                        "Connection refused — a firewall or proxy may be blocking it (ECONNREFUSED)"
                    }
                    false => "Connection dropped (ECONNRESET)",
                }
                .into()),
                connection: Nullable::Of(Connection {
                    code: Some(code.into()),
                    message: Some(format!("{code}: {what}")),
                    ssl: Some(false),
                    ..Connection::default()
                }),
                ..ApiErrorDetails::default()
            },
        };
        let details = ApiErrorDetails {
            network_down: Some(refused),
            rate_limits: Nullable::Null,
            no_response: Nullable::Null,
            ..details
        };
        details.write()
    }

    /// What ended a stream, as the transcript has it.
    fn cut_error(&self) -> Value {
        json!({"message": self.raw, "requestId": self.cut_request, "formatted": self.message,
               "connection": null, "isNetworkDown": false, "rateLimits": null, "noResponse": null})
    }

    /// An error event came in the middle of an answer.
    pub(super) fn mid_response(event: &ErrorBody, request_id: &str) -> Failure {
        let message = event.error.as_ref().and_then(|error| error.message.clone());
        Failure {
            message: message.unwrap_or_default(),
            raw: crate::json::line(&event.write(), crate::json::Escapes::None),
            cut_request: Some(request_id.to_owned()),
            ..Failure::named("mid_response")
        }
    }

    /// An error event that ends the turn.
    pub(super) fn in_stream(event: &ErrorBody, request_id: &str) -> Failure {
        let api_type = event.error.as_ref().and_then(|error| error.kind.clone());
        Failure {
            name: Some("stream_error"),
            status: (api_type.as_deref() == Some("rate_limit_error")).then_some(429),
            request_id: Some(request_id.to_owned()),
            api_type,
            ..Failure::mid_response(event, "")
        }
    }

    /// The same where tools were called before, which run.
    pub(super) fn behind_calls(self) -> Failure {
        Failure {
            stop_reason: Some("tool_use"),
            ..self
        }
    }

    /// What came in place of an answer is none; `streamed`: the request before it, which brought no event.
    pub(super) fn malformed(body: &Value, request_id: &str, streamed: &str) -> Failure {
        let (kind, size) = match body {
            Value::String(text) if text.trim_start().starts_with('<') => {
                ("an HTML page", text.len())
            }
            Value::String(text) => ("not JSON", text.len()),
            other => ("JSON but not a Message", crate::json::spaced(other).len()),
        };
        Failure {
            message: format!("{kind}, {size} bytes"),
            request_id: Some(request_id.to_owned()),
            cut_request: Some(streamed.to_owned()),
            ..Failure::named("malformed")
        }
    }

    pub(super) fn is_malformed(&self) -> bool {
        self.name == Some("malformed")
    }

    /// What the transcript calls a retry of it.
    pub(super) fn retried_as(&self) -> &'static str {
        match self.in_stream {
            true => "connection_retry",
            false => "request_retry",
        }
    }

    /// As `api_retry` calls it.
    pub(super) fn kind(&self) -> &'static str {
        match self.status {
            Some(401) => "authentication_failed",
            Some(429) => "rate_limit",
            Some(529) => "overloaded",
            Some(408 | 409 | 500..) => "server_error",
            _ => "unknown",
        }
    }

    /// Which of the profile's texts says it; `key`: whether the API was asked with a key that was given to the CLI.
    pub(super) fn text_name(&self, key: bool) -> &'static str {
        if let Some(name) = self.name {
            return name;
        }
        match self.status {
            Some(401) if self.message.contains("x-api-key") && key => "authentication",
            Some(401) if self.message.contains("x-api-key") => "no_credentials",
            Some(401) => "unauthorized",
            Some(403) => "forbidden",
            Some(404) => "model",
            Some(413) => "too_large",
            Some(429) => "rate_limit",
            Some(500..) => "server",
            _ if self.message.contains("prompt is too long") => "prompt_too_long",
            _ if self.message.contains("image exceeds") => "image",
            _ if self.message.contains("exceed context limit") => "context_limit",
            _ if self.message.contains("credit balance is too low") => "credit",
            _ => "generic",
        }
    }
}

impl Engine {
    /// The line that says so, and the result.
    pub(super) fn failed(&mut self, turn: &mut Turn, failure: &Failure) -> Result<(), Quit> {
        self.tell_reached(failure)?;
        let said = self.say_failure(turn, failure)?;
        if self.setup.profile.behaviour.broken_stream != BrokenStream::Told {
            self.close_left(turn)?;
        }
        let status = failure.status.filter(|_| !said.unnumbered);
        let vars = self
            .ended(turn)
            .with("is_error", true)
            .with(
                "terminal_reason",
                said.terminal_reason.unwrap_or_else(|| "api_error".into()),
            )
            .with("api_error_status", status.map_or(Value::Null, Value::from))
            .maybe("api_error_type", failure.api_type.clone())
            .maybe("api_error", said.api_error);
        self.result("result_success", &vars)
    }

    /// Whether the version has no word for it, and ends the turn as if nothing had come.
    pub(super) fn passes_over(&self, failure: &Failure) -> bool {
        failure.is_malformed() && !self.setup.profile.failures.contains_key("malformed")
    }

    /// What somebody can do about a model that is not there, where he has started the CLI himself.
    fn model_advice(&self) -> &'static str {
        let by_sdk = std::env::var("CLAUDE_CODE_ENTRYPOINT")
            .is_ok_and(|entry| entry == "sdk-ts" || entry == "sdk-py");
        match by_sdk {
            true => "",
            false => " Run --model to pick a different model.",
        }
    }

    /// The line that says so. Returns what the profile says of it.
    pub(super) fn say_failure(&mut self, turn: &mut Turn, failure: &Failure) -> Result<Told, Quit> {
        let failures = &self.setup.profile.failures;
        let said = failures
            .get(failure.text_name(self.model.login.is_external_key()))
            .or_else(|| failures.get("generic"))
            .cloned()
            .unwrap_or_default();
        let mut numbers = failure
            .message
            .split(|c: char| !c.is_ascii_digit())
            .filter(|n| !n.is_empty());
        let known = self.setup.profile.models.get(&self.model.name);
        let filled = Vars::new()
            .with("status", failure.status)
            .with("message", failure.message.as_str())
            .with("raw", failure.raw.as_str())
            .with("model", self.model.name.as_str())
            .with("own_tokens", 2500 + turn.text.len() / 4)
            .with(
                "effort",
                self.setup.profile.models.per_turn_effort(&self.model.name),
            )
            .with("cut_error", failure.cut_error())
            .with(
                "model_name",
                known.name.as_deref().unwrap_or(&self.model.name),
            )
            .with("advice", self.model_advice())
            .with("gateway", gateway())
            .with("max_tokens", known.max_output_tokens)
            .with(
                "request_id",
                failure.request_id.as_deref().unwrap_or_default(),
            )
            .with(
                "message_id",
                failure.message_id.as_deref().unwrap_or_default(),
            )
            .with(
                "streamed_request",
                failure.cut_request.as_deref().unwrap_or_default(),
            )
            .with("tokens", numbers.next().unwrap_or_default())
            .with("limit", numbers.next().unwrap_or_default());
        let filled = match &failure.reached {
            Some(reached) => reached.vars(filled),
            None => filled,
        };
        let said: Told = serde_json::from_value(render(&said, &filled)).unwrap_or_default();
        let text = failure.text.as_deref().or(said.text.as_deref());
        let text = text.unwrap_or_default();
        self.replay(turn)?;
        let (uuid, message_id) = (self.setup.ids.uuid(), self.setup.ids.uuid());
        let stop_reason = failure.stop_reason.unwrap_or("stop_sequence");
        let named = |_: &String| !said.anonymous;
        let vars = self
            .vars()
            .with("uuid", uuid.as_str())
            .with("message_id", message_id)
            .with("stop_reason", stop_reason)
            .with(
                "stop_sequence",
                match stop_reason {
                    "tool_use" => Value::Null,
                    _ => "".into(),
                },
            )
            .with("text", text)
            .maybe("error", said.error.clone())
            .maybe("request_id", failure.request_id.clone().filter(named))
            .maybe("refused_message_id", failure.message_id.clone())
            .maybe(
                "api_error_status",
                failure.status.filter(|_| !said.unnumbered),
            )
            .maybe("api_error_type", failure.api_type.clone())
            .maybe("api_error", said.api_error.clone())
            .maybe("supersedes", turn.superseded())
            .maybe("api_error_params", said.api_error_params.clone());
        let echo = self.setup.profile.behaviour.user_uuid_echo;
        self.emit("synthetic", &turn.uuid_vars(vars.clone(), echo))?;
        self.keep_synthetic(failure, &said, vars);
        self.tell_held(turn)?;
        self.conversation.lines += 1;
        self.conversation.since_todos += 1;
        turn.text = text.to_owned();
        turn.stop_reason = Some(stop_reason.into());
        Ok(said)
    }

    /// Keeps the line of a failure, with what the transcript tells besides.
    fn keep_synthetic(&mut self, failure: &Failure, said: &Told, vars: Vars) {
        let shown = render(&self.setup.profile.message("synthetic"), &vars);
        let shown = Line::read(shown).unwrap_or_default();
        let uuid = shown.uuid;
        let more = match &said.kept {
            Some(kept) => kept.clone(),
            None => {
                let effort = self.setup.profile.models.per_turn_effort(&self.model.name);
                let usual = self.setup.profile.message("failure_kept");
                render(&usual, &Vars::new().with("effort", effort))
            }
        };
        let vars = vars
            .maybe("error_details", said.details.clone())
            .maybe("heals", said.heals)
            .maybe("transient", said.transient)
            .with(
                "message",
                shown.message.map_or(Value::Null, |message| message.write()),
            )
            .maybe(
                "refusing_model",
                failure.message_id.as_ref().map(|_| self.model.name.clone()),
            );
        self.keep_with("synthetic", uuid.as_deref(), &vars, more);
        self.save();
    }
}
