//! Why a run cannot take place here: what is not installed, and what its backend has nothing for.

use super::Catalog;
use crate::backend::{Api, BackendKind, Missing, find_chromedriver};
use crate::scenario::{ChatSession, Client, Performance, Reading, Step};
use crate::stage::{Language, find_bun};

/// Why a run cannot take place here, if it cannot.
pub(super) fn missing(performance: &Performance, catalog: &Catalog) -> Option<Missing> {
    let unsupported = match &performance.changed {
        Some(changed) => Some(&**changed),
        None => catalog.environment(&performance.environment),
    };
    if let Some(reason) = unsupported.and_then(|environment| environment.unsupported.clone()) {
        return Some(Missing { need: None, reason });
    }
    if performance.needs_root && !rustix::process::geteuid().is_root() {
        return Some(Missing {
            need: None,
            reason: "it must be root's, and the harness is not root".to_owned(),
        });
    }
    let backend = catalog.backend(&performance.backend.name)?;
    let compiled = catalog
        .layout(&performance.layout)
        .is_some_and(|layout| layout.server.compiled);
    let payload = match &backend.kind {
        BackendKind::Described(described) => described.payload.as_ref(),
        BackendKind::Reference | BackendKind::Broken(_) => None,
    };
    let is_node = payload.is_some_and(|payload| payload.language == Language::Node);
    if compiled && is_node && find_bun().is_none() {
        return Some(Missing {
            need: Some("bun"),
            reason: "nothing compiles it: put bun on PATH, or its path into CLAUDE_HARNESS_BUN"
                .to_owned(),
        });
    }
    let client = performance.backend.client;
    if client == Client::Browser && find_chromedriver().is_none() {
        return Some(Missing {
            need: Some("browser"),
            reason: "no browser to sit at: put chromedriver on PATH, or its path into CLAUDE_HARNESS_CHROMEDRIVER"
                .to_owned(),
        });
    }
    let missing = backend.missing(catalog.node.as_deref());
    missing.or_else(|| unspoken(performance, &backend.api(client)))
}

/// Why a backend's API has nothing for what the steps do, if it has not.
fn unspoken(performance: &Performance, api: &Api) -> Option<Missing> {
    let steps = &performance.steps;
    let history = |step: &Step| matches!(step, Step::OpenHistory { .. } | Step::Reconnect);
    let nameless = |key: &str| {
        format!("the backend file names no `{key}`, and the scenario has a step for it")
    };
    let reason = if !api.history && steps.iter().any(history) {
        nameless("history")
    } else if api.health.is_none() && steps.contains(&Step::Health) {
        nameless("health")
    } else if api.abort.is_none() && steps.contains(&Step::Abort) {
        nameless("abort")
    } else if !api.names_sessions() && steps.iter().any(goes_on) {
        "`chat.body` of the backend file names no `{session}`, and the scenario goes on with a conversation"
            .to_owned()
    } else if api.is_socket() && steps.contains(&Step::HalfClose) {
        "a WebSocket is closed both ways at once, and the scenario has `half-close`".to_owned()
    } else if performance.backend.client == Client::Browser {
        let step = steps.iter().find_map(beyond_a_page)?;
        format!("the user of a page cannot do that: {step}")
    } else {
        return None;
    };
    Some(Missing { need: None, reason })
}

fn goes_on(step: &Step) -> bool {
    match step {
        Step::Chat(chat) | Step::Repeat { chat, .. } => chat.session != ChatSession::New,
        Step::Together(chats) => chats.iter().any(|chat| chat.session != ChatSession::New),
        _ => false,
    }
}

/// What of a step nobody at a page can do.
fn beyond_a_page(step: &Step) -> Option<&'static str> {
    match step {
        Step::Chat(chat) | Step::Repeat { chat, .. } if chat.before_ready => Some("before-ready"),
        Step::Chat(chat) | Step::Repeat { chat, .. } if chat.reading != Reading::All => {
            Some("read")
        }
        Step::Together(_) => Some("together"),
        Step::HalfClose => Some("half-close"),
        Step::Reconnect => Some("reconnect"),
        Step::Disconnect { reset: true } => Some("disconnect: reset"),
        _ => None,
    }
}
