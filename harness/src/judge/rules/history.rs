//! What is shown of conversations on disk.

use super::super::Confidence::{Certain, Likely};
use super::super::{Rule, looks};
use crate::timeline::{Answer, StepSeen, Timeline};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "history-elsewhere",
        confidence: Likely,
        about: "The history is looked for where the CLI does not keep it.",
        fix: "honour CLAUDE_CONFIG_DIR, and the HOME that the CLI is run with",
        cause: history_elsewhere,
    },
    Rule {
        id: "transcript-refused",
        confidence: Certain,
        about: "One damaged line keeps a whole conversation from being shown.",
        fix: "read transcripts line by line, and leave out what cannot be read",
        cause: conversation_refused,
    },
    Rule {
        id: "locale-decides-encoding",
        confidence: Likely,
        about: "What is UTF-8 was read in the locale's encoding, which in a service is often ASCII.",
        fix: "name the encoding (`encoding=\"utf-8\"`, PYTHONUTF8=1); LANG is not set everywhere",
        cause: |t| {
            let log = t.log.iter().find(|log| {
                ["codec can't decode", "codec can't encode"]
                    .iter()
                    .any(|part| log.line.contains(part))
            })?;
            let lang = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| {
                t.stage
                    .env
                    .get(*name)
                    .map(|value| format!("{name}={value}"))
            });
            let lang = lang.unwrap_or_else(|| "LANG is not set".to_owned());
            (!log.line.contains("'utf-8'")).then(|| format!("{lang}; its log says: {}", log.line))
        },
    },
    Rule {
        id: "cold-home",
        confidence: Certain,
        about: "The history cannot be listed where the CLI has never run.",
        fix: "treat a missing ~/.claude.json as an empty list",
        cause: cold_home,
    },
    Rule {
        id: "project-not-listed",
        confidence: Certain,
        about: "The project has conversations but is not listed, so that the history never loads.",
        fix: "encode the path as the CLI does: every UTF-16 unit that is no ASCII letter or digit becomes `-`",
        cause: project_not_listed,
    },
    Rule {
        id: "damaged-transcript",
        confidence: Certain,
        about: "A damaged line hides messages of a conversation that are whole.",
        fix: "read transcripts line by line, as bytes, and leave out what cannot be read; crashes and full disks damage lines",
        cause: damaged_transcript,
    },
    Rule {
        id: "event-loop-blocked",
        confidence: Certain,
        about: "The backend answers nobody while it reads a history.",
        fix: "read and parse big files in pieces, or on a thread of their own",
        cause: looks::history_holds_up,
    },
];

fn cold_home(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| match step {
        StepSeen::History(seen) if !timeline.stage.has_claude_json => match &seen.projects {
            Answer::Came { status, .. } if *status >= 500 => Some(format!(
                "HOME has no .claude.json; GET /api/projects answered {status}"
            )),
            _ => None,
        },
        _ => None,
    })
}

fn project_not_listed(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| match step {
        StepSeen::History(seen)
            if seen.projects.ok().is_some() && !seen.project_listed && seen.on_disk > 0 =>
        {
            Some(format!(
                "{} lists {} projects, without {}",
                "GET /api/projects",
                seen.listed,
                timeline.stage.project.display()
            ))
        }
        StepSeen::Reconnect(seen)
            if seen.project_known && seen.session.is_some() && seen.conversation.is_none() =>
        {
            Some(format!(
                "GET /api/projects is without {}",
                timeline.stage.project.display()
            ))
        }
        _ => None,
    })
}

fn damaged_transcript(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| {
        let StepSeen::History(seen) = step else {
            return None;
        };
        (seen.shown < seen.readable).then(|| {
            format!(
                "the conversation's file has {} messages that can be read, line by line; {} are shown",
                seen.readable, seen.shown
            )
        })
    })
}

fn history_elsewhere(timeline: &Timeline) -> Option<String> {
    let folder = timeline.stage.env.get("CLAUDE_CONFIG_DIR")?;
    timeline.steps.iter().find_map(|step| match step {
        StepSeen::History(seen) if !seen.project_listed && timeline.stage.conversations > 0 => {
            Some(format!(
                "the CLI keeps its files in {folder}, and the backend lists {} projects",
                seen.listed
            ))
        }
        _ => None,
    })
}

/// A whole conversation that an error keeps from being shown.
fn conversation_refused(timeline: &Timeline) -> Option<String> {
    timeline.steps.iter().find_map(|step| {
        let StepSeen::History(seen) = step else { return None };
        match &seen.conversation {
            Some(Answer::Came { status, .. }) if *status >= 500 && seen.readable > 0 => Some(format!(
                "{} messages of the conversation's file can be read, line by line; it was answered with {status}",
                seen.readable
            )),
            _ => None,
        }
    })
}
