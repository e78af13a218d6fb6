//! Which of the leaks that the preflight found a run has used.

use crate::stage::Leak;
use crate::supervise::Event;
use mock_claude::ledger;
use std::path::Path;

/// Marks what was found through a leak: programs of the host that processes of the run were.
pub(super) fn mark_used(
    leaks: &mut [Leak],
    on_path: &[String],
    events: &[Event],
    calls: &[ledger::Call],
) {
    for leak in leaks {
        let is_leak = |program: &str| {
            // A bare name is what PATH has, if it has it.
            let by_name = program == leak.name && !on_path.contains(&leak.name);
            by_name || leak.path == Path::new(program)
        };
        leak.used = calls.iter().any(|call| call.start.executable == leak.path)
            || events.iter().any(|event| match event {
                Event::Born(process) | Event::Became(process) => process
                    .command
                    .first()
                    .is_some_and(|program| is_leak(program)),
                _ => false,
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::supervise::Process;

    fn used(command: &str, on_path: &[&str]) -> bool {
        let process = Process {
            pid: 7,
            parent: 1,
            group: 7,
            session: 7,
            started: 1,
            name: "node".to_owned(),
            command: command.split(' ').map(str::to_owned).collect(),
            state: 'S',
            marked: true,
            cpu_ms: 0,
            rss_kb: 0,
        };
        let mut leaks = [Leak {
            name: "node".to_owned(),
            way: "libc's default path".to_owned(),
            path: "/usr/bin/node".into(),
            used: false,
        }];
        let on_path: Vec<String> = on_path.iter().map(|&name| name.to_owned()).collect();
        mark_used(&mut leaks, &on_path, &[Event::Became(process)], &[]);
        leaks[0].used
    }

    #[test]
    fn a_leak_matters_to_a_run_that_executes_it() {
        assert!(used("/usr/bin/node cli.js", &["node"]));
        assert!(used("node cli.js", &[]));
        assert!(!used("node cli.js", &["node"]), "that is the one on PATH");
        assert!(!used("/stage/usr/bin/node cli.js", &[]));
        assert!(!used("cat /usr/bin/node", &[]));
    }
}
