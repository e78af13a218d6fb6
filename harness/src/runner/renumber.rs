//! Numbers of calls that came at once: who was first is chance, and an outcome must not hang on chance.

use crate::timeline::{ChatSeen, StepSeen};
use mock_claude::ledger::Call;
use std::collections::BTreeMap;

/// Gives the calls of chats that were sent together numbers in the order of the chats.
pub(super) fn renumber(steps: &mut [StepSeen], calls: &mut [Call]) {
    let numbers = numbers(steps, calls);
    let new = |number: &mut u32| {
        if let Some(to) = numbers.get(number) {
            *number = *to;
        }
    };
    for call in calls.iter_mut() {
        new(&mut call.start.call);
        call.start.parent.iter_mut().for_each(new);
    }
    calls.sort_by_key(|call| call.start.call);
    for step in steps {
        if let StepSeen::Kill(seen) = step {
            seen.calls_left.iter_mut().for_each(new);
            seen.calls_left.sort_unstable();
        }
    }
}

/// The new number of each call that gets another one.
fn numbers(steps: &[StepSeen], calls: &[Call]) -> BTreeMap<u32, u32> {
    let mut chats: Vec<&ChatSeen> = steps
        .iter()
        .filter_map(|step| match step {
            StepSeen::Chat(chat) => Some(chat),
            _ => None,
        })
        .collect();
    chats.sort_by_key(|chat| chat.number);
    let mut free: Vec<&Call> = calls.iter().collect();
    let mut call_of = BTreeMap::new();
    for chat in chats {
        let found = free
            .iter()
            .position(|call| call.prompts().iter().any(|prompt| chat.is_asked_by(prompt)));
        if let Some(index) = found {
            call_of.insert(chat.number, free.remove(index).start.call);
        }
    }
    let mut numbers = BTreeMap::new();
    for step in steps {
        let StepSeen::Together(group) = step else {
            continue;
        };
        let now: Vec<u32> = group
            .iter()
            .filter_map(|chat| call_of.get(chat).copied())
            .collect();
        let mut sorted = now.clone();
        sorted.sort_unstable();
        numbers.extend(now.into_iter().zip(sorted));
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use mock_claude::ledger::{Event, Start};
    use std::path::PathBuf;

    fn call(number: u32, prompt: &str) -> Call {
        let start = Start {
            call: number,
            at_ms: 0,
            face: "native".to_owned(),
            pid: number,
            shown_pid: number,
            ppid: 1,
            executable: PathBuf::new(),
            argv: Vec::new(),
            cwd: PathBuf::new(),
            env: mock_claude::order::SortedMap::new(),
            profile: String::new(),
            profile_asked: None,
            script: None,
            parent: None,
        };
        let take = Event::Take {
            entry: 0,
            prompt: prompt.to_owned(),
        };
        let events = vec![take];
        Call {
            start,
            events,
            last_ms: 0,
        }
    }

    fn chat(number: usize, message: &str) -> StepSeen {
        let seen = ChatSeen::begun(number, message.to_owned(), None, PathBuf::new());
        StepSeen::Chat(seen)
    }

    #[test]
    fn calls_of_chats_that_were_sent_together_stand_in_the_order_of_the_chats() {
        let mut steps = vec![
            chat(1, "a"),
            StepSeen::Together(vec![2, 3]),
            chat(2, "b"),
            chat(3, "c"),
            chat(4, "b"),
        ];
        let mut calls = vec![call(1, "a"), call(2, "c"), call(3, "b"), call(4, "b")];
        renumber(&mut steps, &mut calls);
        let prompts: Vec<(u32, &str)> = calls
            .iter()
            .map(|call| (call.start.call, call.prompts()[0]))
            .collect();
        assert_eq!(prompts, [(1, "a"), (2, "b"), (3, "c"), (4, "b")]);
        assert_eq!(calls[1].start.pid, 3);
    }

    #[test]
    fn calls_one_after_the_other_keep_their_numbers() {
        let mut steps = vec![chat(1, "a"), chat(2, "b")];
        let mut calls = vec![call(1, "b"), call(2, "a")];
        renumber(&mut steps, &mut calls);
        assert_eq!(calls[0].prompts(), ["b"]);
    }
}
