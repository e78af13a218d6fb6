//! Connecting to servers, and what comes from them.

use super::link::{self, Change, Link};
use super::{Question, Server, State};
use crate::engine::{Engine, Setup};
use crate::order;
use crate::process::{Quit, ServerNews};
use crate::profile::Mcp;
use crate::protocol::mcp::Resources;
use crate::template::Vars;
use std::time::{Duration, Instant};

/// How long a server has to say that it does not know a question.
const PROBE: Duration = Duration::from_secs(1);

impl Server {
    /// Begins to connect, unless it lives in the client; the engine waits for what comes of it.
    pub(super) fn connect(&mut self, id: u64, setup: &Setup) {
        if self.is_sdk() {
            return;
        }
        let profile = &setup.profile.mcp;
        self.state = State::Pending;
        self.since = None;
        self.log.note(profile, "starting", &Vars::new());
        let begun = Instant::now();
        let inbox = setup.inbox.sender();
        let held = setup.ending.hold();
        let link = Link::begin(id, &self.config, &setup.cwd, profile, setup.call, inbox);
        if let Some(pid) = link.as_ref().ok().and_then(Link::pid) {
            setup.ending.will_end(pid, profile.ends);
        }
        drop(held);
        match link {
            Ok(link) => self.link = Some(link),
            Err(why) => self.failed(&why, begun.elapsed(), profile),
        }
    }

    /// Whether its handshake is not through.
    pub(super) fn is_connecting(&self) -> bool {
        self.link.as_ref().is_some_and(Link::is_connecting)
    }

    /// Takes what its handshake came to.
    fn listed(&mut self, profile: &Mcp) {
        let Some(link) = &self.link else {
            return;
        };
        let (hello, listed) = (link.hello.clone(), link.listed.clone());
        let took = link.begun.elapsed();
        if self.since.is_none() {
            let kind = self.config.kind.as_deref();
            let can = hello.capabilities.clone().unwrap_or_default();
            let subscribes = |resources: &Resources| resources.subscribe == Some(true);
            let vars = Vars::new()
                .with("ms", crate::engine::millis(took))
                .with("type", kind.unwrap_or("undefined"))
                .with("transport", kind.unwrap_or("stdio"))
                .with("has_tools", can.tools.value().is_some())
                .with("has_prompts", can.prompts.value().is_some())
                .with("has_resources", can.resources.value().is_some())
                .with("subscribes", can.resources.value().is_some_and(subscribes))
                .with("server", hello.server_info.clone())
                .with("negotiated", hello.protocol_version.clone());
            self.log.note(profile, "connected", &vars);
            self.since = Some(Instant::now());
            self.settled = self.since;
        }
        self.info = hello.server_info.unwrap_or_default();
        self.connected(listed);
    }

    fn failed(&mut self, why: &str, took: Duration, profile: &Mcp) {
        // Newer versions name the system's error as well.
        let code = if why.starts_with("ENOENT") {
            " (ENOENT)"
        } else {
            ""
        };
        let vars = Vars::new()
            .with("ms", crate::engine::millis(took))
            .with("error", why)
            .with("code", code);
        self.log.note(profile, "connect_failed", &vars);
        self.log.fault(profile, "connect_fault", &vars);
        self.lost(State::Failed(why.to_owned()));
        self.settled = Some(Instant::now());
    }

    /// Ends its connection, if there is one.
    pub(super) fn stop(&mut self, setup: &Setup) {
        if let Some(link) = self.link.take() {
            let pid = link.pid();
            self.log.note(&setup.profile.mcp, "stopped", &Vars::new());
            link.end(setup.profile.mcp.ends);
            if let Some(pid) = pid {
                setup.ending.server_ended(pid);
            }
        }
    }

    /// Ends it with the CLI's own end.
    fn close(&mut self, setup: &Setup) {
        if self.link.is_none() {
            return;
        }
        self.stop(setup);
        let kind = self.config.kind.as_deref().unwrap_or("unknown");
        let seconds = self.since.map_or(0, |since| since.elapsed().as_secs());
        let vars = Vars::new()
            .with("kind", kind.to_uppercase())
            .with("s", seconds);
        self.log.note(&setup.profile.mcp, "closed", &vars);
    }
}

impl Engine {
    /// Waits for the servers that were named at the start. A version that does not answer its client meanwhile leaves
    /// what it says for later.
    pub(in crate::engine) fn await_servers(&mut self, deaf: bool) -> Result<(), Quit> {
        if std::mem::replace(&mut self.mcp.awaited, true) || self.mcp.servers.is_empty() {
            return Ok(());
        }
        let patience = self
            .setup
            .profile
            .mcp
            .patience_ms
            .map(Duration::from_millis);
        self.await_links(
            patience.unwrap_or_else(link::patience),
            patience.is_some(),
            deaf,
        )?;
        if !self.setup.profile.mcp.in_order {
            // They are listed as they were ready; those that are not come last.
            order::sort_by_key(&mut self.mcp.servers, |server| {
                (server.settled.is_none(), server.settled)
            });
        }
        Ok(())
    }

    /// Waits until a server is connected or not.
    pub(super) fn await_server(&mut self, name: &str) -> Result<(), Quit> {
        let name = name.to_owned();
        let until = Instant::now() + link::patience();
        self.wait_while("server", Some(until), false, |engine| {
            engine.mcp.named(&name).is_some_and(Server::is_connecting)
        })?;
        self.mcp.give_up_on(Some(&name), &self.setup);
        Ok(())
    }

    fn await_links(&mut self, limit: Duration, pending: bool, deaf: bool) -> Result<(), Quit> {
        let connecting = |engine: &Engine| engine.mcp.servers.iter().any(Server::is_connecting);
        if !connecting(self) {
            return Ok(());
        }
        let begun = Instant::now();
        if self.setup.profile.mcp.probes {
            self.wait_while("server", Some(begun + PROBE.min(limit)), deaf, connecting)?;
            let profile = &self.setup.profile.mcp;
            for link in self.mcp.servers.iter_mut().filter_map(|s| s.link.as_mut()) {
                link.hurry(profile);
            }
        }
        self.wait_while("server", Some(begun + limit), deaf, connecting)?;
        if !pending {
            self.mcp.give_up_on(None, &self.setup);
        }
        Ok(())
    }

    /// Takes what comes from a server.
    pub(in crate::engine) fn server_news(&mut self, id: u64, news: ServerNews) {
        let (profile, cwd) = (&self.setup.profile.mcp, &self.setup.cwd);
        let of_link = |server: &&mut Server| server.link.as_ref().is_some_and(|l| l.id == id);
        let Some(server) = self.mcp.servers.iter_mut().find(of_link) else {
            // A connection that was given up.
            return;
        };
        let Some(link) = server.link.as_mut() else {
            return;
        };
        let connecting = link.is_connecting();
        let took = link.begun.elapsed();
        let change = match news {
            ServerNews::Message(message) => link.take(message, profile, cwd),
            ServerNews::Closed(why) => link.closed(why, profile),
        };
        match change {
            Change::Nothing => {}
            Change::Asked(id, asked) => {
                let server = server.name.clone();
                self.mcp.asked.push(Question {
                    server,
                    id,
                    asked: *asked,
                });
            }
            Change::Listed => server.listed(profile),
            Change::Lost(why) if connecting => {
                server.stop(&self.setup);
                server.failed(&why, took, profile);
            }
            // What it has ended with is told by the next call.
            Change::Lost(_) => {}
        }
    }

    /// The end of the process: servers are told.
    pub(in crate::engine) fn close_servers(&mut self) {
        for server in &mut self.mcp.servers {
            server.close(&self.setup);
        }
    }
}

impl super::Servers {
    /// The server of this name.
    pub(super) fn named(&self, name: &str) -> Option<&Server> {
        self.servers.iter().find(|server| server.name == name)
    }

    /// Gives up on servers that are still connecting.
    fn give_up_on(&mut self, name: Option<&str>, setup: &Setup) {
        let late = |server: &&mut Server| {
            server.is_connecting() && name.is_none_or(|name| server.name == name)
        };
        for server in self.servers.iter_mut().filter(late) {
            let took = server
                .link
                .as_ref()
                .map_or(Duration::ZERO, |l| l.begun.elapsed());
            server.stop(setup);
            let limit = link::patience().as_millis();
            let why = format!(
                "Connection to MCP server \"{}\" timed out after {limit}ms",
                server.name
            );
            server.failed(&why, took, &setup.profile.mcp);
        }
    }
}
