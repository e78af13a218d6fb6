//! The start of a run: which files are written when (PROTOCOL 5.2).

use crate::ids::Ids;
use crate::json::pretty;
use crate::process::{Ending, Quit, complain, failed_call};
use crate::profile::{Lenience, Moment, Profile};
use crate::time;
use crate::transcript::{Home, append, write_config, write_debug, write_fixed, write_todos};
use serde_json::Value;
use std::path::PathBuf;
use std::{fs, io};

/// What a configuration has that was migrated.
const MIGRATED: &str = "\"sonnet45MigrationComplete\"";

/// How far the start of a run has got.
#[derive(Debug)]
pub(crate) struct Startup {
    profile: &'static Profile,
    home: Home,
    cwd: PathBuf,
    ending: Ending,
    /// The session's id, unless it goes on with another one.
    session: String,
    reached: Option<Moment>,
    /// Whether `.claude.json` has all that it ever gets.
    configured: bool,
}

impl Startup {
    /// A start of which nothing is done yet.
    pub(crate) fn new(
        profile: &'static Profile,
        home: Home,
        cwd: PathBuf,
        ending: Ending,
        session: String,
    ) -> Startup {
        Startup {
            profile,
            home,
            cwd,
            ending,
            session,
            reached: None,
            configured: false,
        }
    }

    /// The id that a session gets that is given none.
    pub(crate) fn session(&self) -> &str {
        &self.session
    }

    /// The command line names the session.
    pub(crate) fn name_session(&mut self, id: &str) {
        id.clone_into(&mut self.session);
    }

    /// Writes what is due by `moment`. Where HOME cannot be written the version dies of it or does not care.
    pub(crate) fn reach(&mut self, moment: Moment, ids: &mut Ids) -> Result<(), Quit> {
        let (profile, reached) = (self.profile, self.reached);
        if reached >= Some(moment) {
            return Ok(());
        }
        let files = &profile.files;
        let due = |at: Moment| at <= moment && reached.is_none_or(|reached| reached < at);
        let later = files.grows.iter().any(|growth| due(growth.at));
        if !self.configured && (due(files.config_at) || later) {
            match write_config(&self.home, profile, &self.cwd, moment, ids) {
                Ok(complete) => self.configured = complete,
                Err(error) if profile.behaviour.unwritable_home == Lenience::Crash => {
                    complain(&failed_call(&error, "open", Some(&self.home.config_file)));
                    return Err(Quit(1));
                }
                // Else it is lost without a word.
                Err(_) => {}
            }
        }
        // What else cannot be written is lost without a word.
        if due(Moment::Setup) && files.todos {
            let _ = write_todos(&self.home, profile, &self.session, &serde_json::json!([]));
        }
        if files.shell_snapshot.is_some_and(due) {
            self.write_snapshot(ids);
        }
        if due(files.extra_at) {
            let _ = write_fixed(&self.home, profile);
        }
        self.reached = Some(moment);
        Ok(())
    }

    /// A configuration that does not say that it was migrated is so now: where settings name a model, the user's file of
    /// them has none from then on. Whether it had one.
    pub(crate) fn migrate(&self, named: bool) -> bool {
        if !named || !self.profile.files.migrates_model {
            return false;
        }
        let is_missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        // What is there and cannot be read is left as it is.
        let migrated = match fs::read_to_string(&self.home.config_file) {
            Ok(config) => config.contains(MIGRATED),
            Err(error) => !is_missing(&error),
        };
        if migrated {
            return false;
        }
        let file = self.home.config_dir.join("settings.json");
        let written = fs::read_to_string(&file);
        if written.as_ref().is_err_and(is_missing) {
            // What cannot be written is lost without a word.
            let _ = append(&file, 0o644, "{}\n");
        }
        let Some(Ok(Value::Object(mut settings))) =
            written.ok().map(|text| serde_json::from_str(&text))
        else {
            return false;
        };
        let had = settings.shift_remove("model").is_some();
        if had {
            // The same.
            let _ = fs::write(&file, pretty(&settings.into()) + "\n");
        }
        had
    }

    /// Goes on with the debug log of the session that the command line began.
    pub(crate) fn note_debug(&self) {
        // What cannot be written is lost without a word.
        let _ = write_debug(&self.home, self.profile, &self.session);
    }

    /// Makes the folder of transcripts, for versions that die where it cannot be made.
    ///
    /// # Errors
    /// The process ends.
    pub(crate) fn make_project(&self) -> Result<(), Quit> {
        let folder = self.home.project_dir(self.profile, &self.cwd);
        match std::fs::create_dir_all(&folder) {
            Err(error) if self.profile.files.debug => {
                complain(&failed_call(&error, "mkdir", Some(&folder)));
                Err(Quit(1))
            }
            _ => Ok(()),
        }
    }

    /// Begins the transcript of a session that is new, before it is known whether it will go on with another one.
    ///
    /// # Errors
    /// The process ends where the folder of transcripts cannot be made.
    pub(crate) fn begin_transcript(&self) -> Result<(), Quit> {
        self.make_project()?;
        let file = self.home.transcript(self.profile, &self.cwd, &self.session);
        let _ = append(&file, self.profile.files.mode, "");
        Ok(())
    }

    /// What the user's shell is set up with. Nothing reads the stand-in's.
    fn write_snapshot(&self, ids: &mut Ids) {
        let shell = std::env::var("SHELL").unwrap_or_default();
        let shell = if shell.contains("zsh") { "zsh" } else { "bash" };
        let name = format!("snapshot-{shell}-{}-{}.sh", time::now_ms(), ids.word(6));
        let file = self.home.config_dir.join("shell-snapshots").join(name);
        let text = "# mock-claude starts commands without a snapshot of the shell\n";
        if append(&file, 0o644, text).is_ok() {
            self.ending.will_remove(file);
        }
    }
}
