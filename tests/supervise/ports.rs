//! Whose port is it?

use crate::trial;
use crate::world::{Way, World};
use claude_harness::supervise::Listener;
use libtest_mimic::Trial;
use std::net::TcpListener;

pub(crate) fn trials(way: Way) -> Vec<Trial> {
    // Without /proc, or where it is not to be used, the answer comes from lsof.
    let lsof = ["/usr/sbin/lsof", "/usr/bin/lsof"]
        .iter()
        .any(|place| std::path::Path::new(place).exists());
    let ignored = way == Way::Portable && !lsof;
    if ignored {
        eprintln!("portable::*listener* are ignored: there is no lsof");
    }
    let trials = vec![
        trial(
            way,
            "a_listener_of_the_run_is_ours_on_every_reachable_address",
            ours,
        ),
        trial(way, "a_stranger_on_the_port_is_not_ours", a_stranger),
    ];
    trials
        .into_iter()
        .map(|trial| trial.with_ignored_flag(ignored))
        .collect()
}

async fn ours(way: Way) {
    let mut world = World::new(way);
    let supervisor = world.supervisor().await;
    let mut parent = world.start(&supervisor, "parent").await;
    parent.ask("spawn server");
    let mut server = world.meet("server");
    let mut addresses = vec!["127.0.0.1:0", "0.0.0.0:0"];
    if TcpListener::bind("[::1]:0").is_ok() {
        addresses.extend(["[::1]:0", "[::]:0"]);
    }
    for address in addresses {
        let port = server.ask(&format!("listen {address}")).parse().unwrap();
        assert_eq!(
            supervisor.listeners(port).await,
            [Listener {
                pid: Some(server.pid),
                in_run: true
            }],
            "{address}"
        );
    }
}

async fn a_stranger(way: Way) {
    let mut world = World::new(way);
    let supervisor = world.supervisor().await;
    let _idle = world.start(&supervisor, "idle").await;
    let stranger = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = stranger.local_addr().unwrap().port();
    let listeners = supervisor.listeners(port).await;
    let this = Listener {
        pid: Some(std::process::id()),
        in_run: false,
    };
    assert!(listeners.contains(&this), "{listeners:?}");
    // Other tests of this process fork, and until they have executed their program they hold the port too.
    assert!(
        listeners.iter().all(|listener| !listener.in_run),
        "{listeners:?}"
    );
}
