//! The lines of steps that are no plain request.

use super::Section;
use super::render::{answer, cli_after, end, one, quoted, start_lines};
use crate::timeline::{
    HealthMeanwhile, KillSeen, Leaving, LeftSeen, ReconnectSeen, RestartSeen, StepSeen,
};

/// The section of such a step.
pub(super) fn section(step: &StepSeen) -> Section {
    match step {
        StepSeen::Left(seen) => left(seen),
        StepSeen::Unread(seen) => {
            let cli = if seen.cli_ended {
                "its CLI came to its end"
            } else {
                "its CLI waits"
            };
            one("unread", &format!("chat {}: {cli}", seen.chat))
        }
        StepSeen::Early(seen) => {
            let taken = if seen.taken {
                "taken later"
            } else {
                "never taken"
            };
            let first = &seen.first;
            let text = format!("chat {} sent before the start: {first}, {taken}", seen.chat);
            one("early", &text)
        }
        StepSeen::Together(chats) => {
            let chats: Vec<String> = chats.iter().map(ToString::to_string).collect();
            one("together", &format!("chats {}", chats.join(", ")))
        }
        StepSeen::Repeat { times, .. } => one("repeat", &format!("{times} times")),
        StepSeen::HealthMeanwhile(seen) => one("meanwhile", &meanwhile(seen)),
        StepSeen::Reconnect(seen) => reconnect(seen),
        StepSeen::Kill(seen) => kill(seen),
        StepSeen::Stall { replaced: true } => one("stall", "until another server listened"),
        StepSeen::Stall { replaced: false } => one("stall", "no other server came"),
        StepSeen::Pause => one("pause", "SIGSTOP"),
        StepSeen::Resume => one("resume", "SIGCONT"),
        StepSeen::Restart(seen) => restart(seen),
        StepSeen::Release(gate) => one("release", gate),
        StepSeen::Disk(what) => one("disk", what),
        // Those are plain requests.
        StepSeen::Chat(_) | StepSeen::History(_) | StepSeen::Health(_) | StepSeen::Abort(_) => {
            one("step", "")
        }
    }
}

fn left(seen: &LeftSeen) -> Section {
    let way = match seen.way {
        Leaving::Close => "closed the connection",
        Leaving::Reset => "reset the connection",
        Leaving::HalfClose => "sends no more, and reads on",
    };
    let mut lines = vec![format!("the client of chat {} {way}", seen.chat)];
    lines.extend(seen.end.iter().flat_map(end));
    lines.push(cli_after(seen.cli).to_owned());
    Section {
        label: "leaves".to_owned(),
        lines,
    }
}

fn meanwhile(seen: &HealthMeanwhile) -> String {
    // How many there were hangs on the machine.
    match seen {
        _ if seen.failures > 0 => "a health check failed".to_owned(),
        _ if seen.held_up() && seen.answers == 0 => {
            "no health answer came between request and answer of the history".to_owned()
        }
        _ if seen.held_up() => "a health check had to wait for the history".to_owned(),
        _ => "no health check had to wait".to_owned(),
    }
}

fn reconnect(seen: &ReconnectSeen) -> Section {
    let mut lines = Vec::new();
    match (&seen.session, &seen.conversation) {
        (None, _) => lines.push(format!("chat {}: its session is not known", seen.chat)),
        (Some(_), None) => lines.push(format!("chat {}: the project is not listed", seen.chat)),
        (Some(session), Some(conversation)) => {
            let listed = if seen.listed { "listed" } else { "not listed" };
            lines.push(format!(
                "chat {}: session {session} {}, {listed}",
                seen.chat,
                answer(conversation)
            ));
        }
    }
    lines.push(match seen.lost() {
        None if seen.not_kept() > 0 => {
            "what the client had seen is there, as far as the CLI has kept it".to_owned()
        }
        None => "all that the client had seen is there".to_owned(),
        Some(text) => format!("lost   {}", quoted(text)),
    });
    Section {
        label: "reconnect".to_owned(),
        lines,
    }
}

fn kill(seen: &KillSeen) -> Section {
    let how = match seen {
        _ if seen.had_ended => format!("had ended before: {}", seen.ended),
        _ if seen.forced => format!("{} ignored, killed", seen.signal),
        _ => format!("{} -> {}", seen.signal, seen.ended),
    };
    let mut lines = vec![how];
    for (chat, how) in &seen.chats {
        let how = end(how).into_iter().next().unwrap_or_default();
        lines.push(format!("chat {chat}: {how}"));
    }
    lines.extend(
        seen.calls_left
            .iter()
            .map(|call| format!("claude {call} goes on")),
    );
    Section {
        label: "kill".to_owned(),
        lines,
    }
}

fn restart(seen: &RestartSeen) -> Section {
    let port = if seen.new_port {
        "on a new port"
    } else {
        "on the same port"
    };
    let mut lines = start_lines(&seen.start, &[]);
    if let Some(first) = lines.first_mut() {
        *first = format!("{first}, {port}");
    }
    Section {
        label: "restart".to_owned(),
        lines,
    }
}
