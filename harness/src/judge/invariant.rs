//! What must hold in every run.

use super::rules::{call, control, end, spawn, stream};
use super::{grammar, looks};
use crate::timeline::{StartSeen, Timeline};

/// Something that must hold in every run.
#[derive(Debug)]
pub struct Invariant {
    /// Its name.
    pub name: &'static str,
    /// What holds, in a sentence.
    pub about: &'static str,
    /// What was seen, where it broke.
    pub(super) broken: fn(&Timeline) -> Option<String>,
}

/// All invariants, by name.
pub fn invariants() -> &'static [Invariant] {
    INVARIANTS
}

const INVARIANTS: &[Invariant] = &[
    Invariant {
        name: "a-client-can-come-back",
        about: "A new client finds in the history what the one before it saw of a chat.",
        broken: looks::client_comes_back,
    },
    Invariant {
        name: "abort-works",
        about: "After a stop the chat ends and the CLI's process is gone.",
        broken: looks::abort_works,
    },
    Invariant {
        name: "answers-are-not-empty",
        about: "An empty result of no turn is not shown as an answer (FAILURES H06).",
        broken: stream::empty_answer_shown,
    },
    Invariant {
        name: "arguments-are-short",
        about: "No argument of the CLI has more than 100 KiB (FAILURES I15).",
        broken: call::long_argument,
    },
    Invariant {
        name: "asked-session-is-resumed",
        about: "The conversation that is resumed is the one that the app asked for (FAILURES H04).",
        broken: call::another_session,
    },
    Invariant {
        name: "backend-gets-ready",
        about: "The backend answers over HTTP within its budget.",
        broken: looks::backend_gets_ready,
    },
    Invariant {
        name: "backend-stops-when-told",
        about: "The backend ends by itself after SIGTERM.",
        broken: |t| {
            t.stop
                .forced
                .then(|| "it ignored SIGTERM and was killed".to_owned())
        },
    },
    Invariant {
        name: "backend-survives",
        about: "The backend lives until it is stopped.",
        broken: looks::backend_survives,
    },
    Invariant {
        name: "calls-match-script",
        about: "Every call of the CLI is expected, and every expected call comes.",
        broken: looks::calls_match_script,
    },
    Invariant {
        name: "children-are-reaped",
        about: "Whoever starts a process also waits for its end (FAILURES I13, zombies).",
        broken: looks::not_reaped,
    },
    Invariant {
        name: "descriptors-do-not-grow",
        about: "The backend does not keep more descriptors open with every answer (FAILURES I13).",
        broken: looks::descriptors_grow,
    },
    Invariant {
        name: "detected-means-usable",
        about: "A CLI that the backend says it has found can be started (FAILURES I3).",
        broken: call::detected_but_not_usable,
    },
    Invariant {
        name: "disconnect-ends-the-cli",
        about: "When the client goes away the CLI that works for it ends.",
        broken: looks::disconnect_ends_the_cli,
    },
    Invariant {
        name: "environment-is-clean",
        about: "The CLI gets no variable that is its launcher's, such as LD_LIBRARY_PATH or NODE_OPTIONS (FAILURES I14).",
        broken: call::launcher_variables,
    },
    Invariant {
        name: "environment-is-passed-on",
        about: "The CLI gets HOME, PATH and the proxy that the backend has (FAILURES I14).",
        broken: call::environment_replaced,
    },
    Invariant {
        name: "first-turn-answers",
        about: "The first message of the user gets an answer, or the error that the CLI itself gave.",
        broken: |t| looks::turns(t).next().flatten(),
    },
    Invariant {
        name: "health-answers",
        about: "A health check is answered with 200.",
        broken: looks::health_answers,
    },
    Invariant {
        name: "history-holds-nothing-up",
        about: "A health check is answered while a history is being read.",
        broken: looks::history_holds_up,
    },
    Invariant {
        name: "history-opens",
        about: "The project is listed, its conversations are, and the newest one can be read.",
        broken: looks::history_opens,
    },
    Invariant {
        name: "later-turns-answer",
        about: "Every later message of the user gets an answer, too, or the error that the CLI itself gave.",
        broken: |t| looks::turns(t).skip(1).flatten().next(),
    },
    Invariant {
        name: "listeners-do-not-pile-up",
        about: "The backend's runtime warns of no leak of listeners (FAILURES I13).",
        broken: end::listeners_pile_up,
    },
    Invariant {
        name: "listening-is-true",
        about: "The backend says that it listens only when it does (FAILURES L14).",
        broken: looks::listening_is_a_lie,
    },
    Invariant {
        name: "no-survivor",
        about: "No process of the run outlives the backend.",
        broken: looks::no_survivor,
    },
    Invariant {
        name: "one-call-a-session",
        about: "No two processes of the CLI work on one conversation at the same time (FAILURES I9).",
        broken: call::session_run_twice,
    },
    Invariant {
        name: "outcome-is-told",
        about: "An error of the CLI is shown as an error, and a missing result is not shown as success.",
        broken: looks::outcome_is_told,
    },
    Invariant {
        name: "permissions-are-answered",
        about: "Every question of the CLI to its client is answered, and can be asked as long as the CLI lives (FAILURES I11).",
        broken: control::liveness,
    },
    Invariant {
        name: "port-free-after-stop",
        about: "Nobody listens on the backend's port after it was stopped.",
        broken: |t| (!t.stop.port_free).then(|| "somebody still listens on the port".to_owned()),
    },
    Invariant {
        name: "ready-is-ours",
        about: "Whoever answers on the backend's port is a process of this run.",
        broken: |t| {
            (*t.last_start() == StartSeen::Stranger)
                .then(|| "a stranger answers on the port".to_owned())
        },
    },
    Invariant {
        name: "reason-is-told",
        about: "What a CLI that failed said on stderr reaches the client (FAILURES T08).",
        broken: call::reason_hidden,
    },
    Invariant {
        name: "retries-are-bounded",
        about: "One message is tried three times at most (FAILURES I17).",
        broken: call::retry_storm,
    },
    Invariant {
        name: "session-is-told",
        about: "An answer brings the id of its conversation, where the backend has a place for it and the user goes on.",
        broken: looks::session_is_told,
    },
    Invariant {
        name: "stand-in-keeps-the-grammar",
        about: "The stand-in says things in the order of the real CLI, wherever no fault was asked for (FAILURES I20).",
        broken: grammar::broken,
    },
    Invariant {
        name: "temp-files-do-not-grow",
        about: "Temporary files do not pile up with every answer (FAILURES I13).",
        broken: looks::temp_files_grow,
    },
    Invariant {
        name: "text-arrives",
        about: "The texts that the CLI wrote arrive at the client: all, once, in order.",
        broken: looks::text_arrives,
    },
    Invariant {
        name: "the-apps-own-cli-runs",
        about: "The CLI that runs is of the version that the app brings (FAILURES D05).",
        broken: spawn::another_cli,
    },
    Invariant {
        name: "turn-ends",
        about: "Every answer that began comes to an end that is said.",
        broken: looks::turn_ends,
    },
];
