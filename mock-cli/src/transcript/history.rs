//! Sessions of the past, written as the CLI would have written them.

use super::{
    BlockEntry, Home, Moment, Place, PromptKind, Recorder, Surroundings, append, record_project,
    write_todos,
};
use crate::ids::Ids;
use crate::profile::Profile;
use crate::template::{Vars, render};
use crate::turn::Usage;
use serde_json::{Value, json};
use std::io;
use std::path::{Path, PathBuf};

/// A session of the past. Its ids come from the seed: the same seed gives the same session.
#[derive(Debug, Clone)]
pub struct PastSession {
    profile: &'static Profile,
    cwd: PathBuf,
    ids: Ids,
    session: String,
    model: String,
    turns: Vec<(u64, String, String)>,
}

impl PastSession {
    /// A session of this version in the working folder `cwd` (its real path). Give each session its own seed.
    #[must_use]
    pub fn new(profile: &'static Profile, cwd: impl AsRef<Path>, seed: u64) -> Self {
        let mut ids = Ids::new(seed, 0);
        PastSession {
            profile,
            cwd: cwd.as_ref().to_owned(),
            session: ids.uuid(),
            ids,
            model: profile.models.default.clone(),
            turns: Vec::new(),
        }
    }

    /// Gives it another id than the one from the seed.
    #[must_use]
    pub fn session_id(mut self, id: impl Into<String>) -> Self {
        self.session = id.into();
        self
    }

    /// Gives it another model than the version's default.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = model.into();
        self
    }

    /// Adds a turn: a prompt at that time (milliseconds since the epoch), answered one second later.
    #[must_use]
    pub fn turn(
        mut self,
        at_ms: u64,
        prompt: impl Into<String>,
        answer: impl Into<String>,
    ) -> Self {
        self.turns.push((at_ms, prompt.into(), answer.into()));
        self
    }

    /// The id of this session.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.session
    }

    /// The transcript's text.
    #[must_use]
    pub fn text(&self) -> String {
        let place = Place {
            cwd: self.cwd.to_string_lossy().into_owned(),
            session: self.session.clone(),
            branch: self.profile.behaviour.git_branch_outside.clone(),
            is_git: false,
            entrypoint: "sdk-cli".into(),
        };
        let mut ids = self.ids.clone();
        let mut recorder = Recorder::new(self.profile, place, None, 0);
        for (at, prompt, answer) in &self.turns {
            let message = json!({"role": "user", "content": prompt});
            let uuid = ids.uuid();
            let content = Vars::new().with("prompt", prompt.as_str());
            recorder.beside("enqueue", &content, *at);
            recorder.beside("dequeue", &Vars::new(), *at);
            recorder.begin(&message, *at, &mut ids);
            recorder.prompt(
                &message,
                &uuid,
                Some("default"),
                PromptKind::Asked { given: false },
                *at,
            );
            let profile = self.profile;
            let agents = profile.listed.agent_names();
            let tools = profile.tools.clone();
            let around = Surroundings::new(profile, &self.model, tools, agents, Vec::new());
            recorder.surround(Moment::Prompt, around, &mut ids, *at);
            let block = BlockEntry {
                uuid: &ids.uuid(),
                message_id: &ids.tagged("msg_01", 22),
                request_id: &ids.tagged("req_011C", 20),
                request_ref: &ids.uuid(),
                model: &self.model,
                index: 0,
                content: json!([{"type": "text", "text": answer}]),
                stop_reason: "end_turn".into(),
                stop_sequence: None,
                usage: kept_usage(self.profile, Usage::default()),
                aborted: false,
                details: true,
                effort: self.profile.models.get(&self.model).effort.as_deref(),
                per_turn_effort: self.profile.models.per_turn_effort(&self.model),
                served: None,
                classifier: None,
                skill: None,
            };
            recorder.block(block, at + 1000);
            recorder.answered(&mut ids, at + 1000);
            recorder.answer_ended(at + 1000);
        }
        recorder.take()
    }

    /// Writes the transcript, sets its modification time to its last turn, and notes the working folder under
    /// `projects` of the global configuration. (A headless run of 1.0.108 notes it; of 2.1 it does not, but
    /// whoever has a history has it noted, and tools list projects by it.) Returns the file.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn write(&self, home: &Home) -> io::Result<PathBuf> {
        let file = home.transcript(self.profile, &self.cwd, &self.session);
        append(&file, self.profile.files.mode, &self.text())?;
        if let Some((at, ..)) = self.turns.last() {
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_millis(at + 1000);
            std::fs::File::options()
                .append(true)
                .open(&file)?
                .set_modified(time)?;
        }
        write_todos(home, self.profile, &self.session, &json!([]))?;
        if !is_recorded(home, &self.cwd) {
            record_project(home, self.profile, &self.cwd)?;
        }
        Ok(file)
    }
}

/// Whether the configuration already names the folder, so that many sessions write it only once.
fn is_recorded(home: &Home, cwd: &Path) -> bool {
    let config = std::fs::read_to_string(&home.config_file).ok();
    let config: Option<Value> = config.and_then(|text| serde_json::from_str(&text).ok());
    config.is_some_and(|c| {
        c.get("projects")
            .and_then(|p| p.get(&*cwd.to_string_lossy()))
            .is_some()
    })
}

/// How a transcript keeps usage: as the API gave it (1.0), or in the result's longer form (2.1).
pub(crate) fn kept_usage(profile: &Profile, usage: Usage) -> Value {
    match profile.behaviour.block_usage {
        crate::profile::BlockUsage::Final => usage.json(),
        crate::profile::BlockUsage::Start => {
            render(&profile.message("usage"), &usage.vars(Vars::new()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(profile: &'static Profile) -> Vec<Value> {
        let session = PastSession::new(profile, "/tmp/x", 3)
            .turn(1000, "one", "A1")
            .turn(9000, "two", "A2");
        assert_eq!(
            session.text(),
            session.clone().text(),
            "a session is the same every time"
        );
        session
            .text()
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect()
    }

    #[test]
    fn every_line_of_the_chain_follows_the_one_before() {
        for profile in Profile::all() {
            let mut last = Value::Null;
            let mut seen = 0;
            for line in lines(profile) {
                if let Some(parent) = line.get("parentUuid") {
                    assert_eq!(parent, &last, "{line}");
                    last = line["uuid"].clone();
                    seen += 1;
                }
            }
            assert!(seen >= 4, "{seen} lines in {}", profile.version);
        }
    }

    #[test]
    fn a_written_session_is_found_and_read_back() {
        for profile in Profile::all() {
            let dir = tempfile::tempdir().unwrap();
            let home = Home::in_home(dir.path());
            let session = PastSession::new(profile, "/tmp/x", 3).turn(1000, "one", "A1");
            let file = session.write(&home).unwrap();
            assert_eq!(
                super::super::latest(&home.project_dir(profile, Path::new("/tmp/x"))),
                Some(file.clone())
            );
            let past = super::super::Past::read(&file).unwrap();
            assert_eq!((past.messages.len(), past.prompts), (2, 1));
            assert_eq!(past.messages[0].message.as_ref().unwrap().text(), "one");
            let config: Value =
                serde_json::from_str(&std::fs::read_to_string(&home.config_file).unwrap()).unwrap();
            assert!(config["projects"]["/tmp/x"].is_object());
        }
    }
}
