//! Which session a call belongs to (PROTOCOL 5.4).

use crate::argv::{Options, Resume};
use crate::ids::{Ids, is_uuid};
use crate::profile::{NotUuid, Profile, ResumeMode};
use crate::protocol::transcript::CostState;
use crate::template::Vars;
use crate::time;
use crate::transcript::{Home, Past, Place, Recorder, latest};
use std::fs;
use std::path::{Path, PathBuf};

/// The session of a call.
#[derive(Debug)]
pub(crate) struct Session {
    /// Its id, as stdout names it.
    pub(crate) id: String,
    /// The session that it goes on with, as argv (or the latest transcript) named it.
    pub(crate) resumed: Option<String>,
    /// Where its transcript is written; None: it is not kept.
    pub(crate) file: Option<PathBuf>,
    /// How many messages it has already.
    pub(crate) messages: usize,
    /// How many tokens its last answer and what led to it came to, and when that was.
    pub(crate) last_answer: Option<(u64, u64)>,
    /// What it has cost already.
    pub(crate) cost: Option<CostState>,
    /// What is said of the session that was to go on, once the turn has begun: there is nothing in it.
    pub(crate) gone: Option<String>,
    /// The repository that its folder lies in; outside of any, the folder itself.
    pub(crate) root: PathBuf,
    /// The title that somebody has given to what it goes on with.
    pub(crate) title: Option<String>,
    /// Its transcript.
    pub(crate) recorder: Recorder,
}

/// Why there is no session to go on with.
#[derive(Debug)]
pub(crate) struct NoSession {
    /// For stderr, with its line end.
    pub(crate) text: String,
    /// The session id of the result line, for versions that write one; None: no result line.
    pub(crate) result: Option<Option<String>>,
}

impl NoSession {
    fn plain(text: String) -> Self {
        NoSession {
            text: text + "\n",
            result: None,
        }
    }
}

impl Session {
    /// Goes on as a new session, which is kept where this one was.
    pub(crate) fn begin_again(&mut self, id: &str, home: &Home, profile: &Profile, cwd: &Path) {
        let kept = self.file.is_some();
        *self = Session {
            id: id.to_owned(),
            resumed: None,
            file: kept.then(|| home.transcript(profile, cwd, id)),
            messages: 0,
            last_answer: None,
            cost: None,
            gone: None,
            root: self.root.clone(),
            title: None,
            recorder: self.recorder.of_session(id),
        };
    }
}

/// Finds or begins the session; `fresh` is the id that it gets if it needs one.
pub(crate) fn resolve(
    options: &Options,
    profile: &'static Profile,
    home: &Home,
    cwd: &Path,
    entrypoint: &str,
    fresh: &str,
    ids: &mut Ids,
) -> Result<Session, NoSession> {
    let found = match &options.resume {
        Resume::No => None,
        Resume::Latest => latest(&home.project_dir(profile, cwd)),
        Resume::Session(id) => Some(find(id.as_deref(), profile, home, cwd, ids)?),
    };
    let root = cwd.ancestors().find(|dir| dir.join(".git").exists());
    let branch = root.and_then(branch);
    let root = root.unwrap_or(cwd).to_owned();
    let mut place = Place {
        cwd: cwd.to_string_lossy().into_owned(),
        session: String::new(),
        is_git: branch.is_some(),
        branch: branch.unwrap_or_else(|| profile.behaviour.git_branch_outside.clone()),
        entrypoint: entrypoint.to_owned(),
    };
    let kept = |id: &str| {
        options
            .keep_session
            .then(|| home.transcript(profile, cwd, id))
    };
    let Some((file, past)) = found.and_then(|file| Past::read(&file).map(|past| (file, past)))
    else {
        let id = options
            .session_id
            .clone()
            .unwrap_or_else(|| fresh.to_owned());
        if !profile.behaviour.late_checks {
            check_unused(options, profile, home, cwd)?;
        }
        place.session.clone_from(&id);
        let recorder = Recorder::new(profile, place, None, 0);
        return Ok(Session {
            file: kept(&id),
            id,
            resumed: None,
            messages: 0,
            last_answer: None,
            cost: None,
            root,
            title: None,
            // What was found has no message.
            gone: match &options.resume {
                Resume::Session(Some(id)) => Some(not_found(id)),
                _ => None,
            },
            recorder,
        });
    };
    let past = match &options.resume_at {
        Some(uuid) => past.until(uuid).ok_or_else(|| NoSession {
            text: format!("No message found with message.uuid of: {uuid}\n"),
            result: profile
                .behaviour
                .startup_result
                .then(|| file.file_stem().map(|id| id.to_string_lossy().into_owned())),
        })?,
        None => past,
    };
    let resumed = file
        .file_stem()
        .map(|s| s.to_string_lossy().into_owned())
        .unwrap_or_default();
    let copies = profile.behaviour.resume == ResumeMode::Copy || options.fork;
    let id = match &options.session_id {
        Some(id) => id.clone(),
        None if copies => fresh.to_owned(),
        None => resumed.clone(),
    };
    place.session.clone_from(&id);
    let mut recorder = Recorder::new(profile, place, past.leaf.clone(), past.prompts);
    recorder.recall(&past.told);
    if copies {
        recorder.beside("mode", &Vars::new(), time::now_ms());
        recorder.copy(&past, &file);
    }
    recorder.goes_on(copies || !past.has_mode);
    Ok(Session {
        file: if copies {
            kept(&id)
        } else {
            options.keep_session.then_some(file)
        },
        id,
        resumed: Some(resumed),
        messages: past.messages.len(),
        last_answer: past.last_answer(),
        gone: None,
        root,
        title: past.title,
        cost: past.cost.filter(|_| profile.behaviour.cost_carries_over),
        recorder,
    })
}

/// Whether `--session-id` is an id that no session of this working folder has.
pub(crate) fn check_unused(
    options: &Options,
    profile: &Profile,
    home: &Home,
    cwd: &Path,
) -> Result<(), NoSession> {
    match &options.session_id {
        Some(id) if home.transcript(profile, cwd, id).exists() => Err(NoSession::plain(format!(
            "Error: Session ID {id} is already in use."
        ))),
        _ => Ok(()),
    }
}

/// The transcript that `--resume` means.
fn find(
    id: Option<&str>,
    profile: &Profile,
    home: &Home,
    cwd: &Path,
    ids: &mut Ids,
) -> Result<PathBuf, NoSession> {
    let startup = profile.behaviour.startup_result;
    let Some(id) = id.filter(|id| is_uuid(id)) else {
        let text = not_uuid(id, profile.behaviour.resume_not_uuid, ids);
        return Err(NoSession {
            text,
            result: startup.then_some(None),
        });
    };
    let mut files = vec![home.transcript(profile, cwd, id)];
    if profile.behaviour.finds_any_project {
        let projects = fs::read_dir(home.config_dir.join("projects"));
        files.extend(
            projects
                .into_iter()
                .flatten()
                .flatten()
                .map(|p| p.path().join(format!("{id}.jsonl"))),
        );
    }
    let counts = |file: &PathBuf| match profile.behaviour.finds_empty_sessions {
        true => file.exists(),
        false => Past::read(file).is_some(),
    };
    files.into_iter().find(counts).ok_or_else(|| NoSession {
        text: not_found(id),
        result: startup.then(|| Some(id.to_owned())),
    })
}

fn not_found(id: &str) -> String {
    format!("No conversation found with session ID: {id}\n")
}

fn not_uuid(value: Option<&str>, style: NotUuid, ids: &mut Ids) -> String {
    match style {
        NotUuid::Usage => {
            let mut text = String::from(
                "Error: --resume requires a valid session ID when used with --print\n\
                 Usage: claude -p --resume <session-id>\n",
            );
            if let Some(value) = value {
                text.push_str(&format!(
                    "Session IDs must be in UUID format (e.g., {})\n\
                     Provided value \"{value}\" is not a valid UUID\n",
                    ids.uuid()
                ));
            }
            text
        }
        NotUuid::Title => {
            let mut text = String::from(
                "Error: --resume requires a valid session ID or session title when used with --print. \
                 Usage: claude -p --resume <session-id|title>",
            );
            if let Some(value) = value {
                text.push_str(&format!(
                    ". Provided value \"{value}\" is not a UUID and does not match any session title."
                ));
            }
            text + "\n"
        }
    }
}

/// The branch that a repository has checked out.
fn branch(root: &Path) -> Option<String> {
    let git = root.join(".git");
    // In a worktree it is a file that names the folder.
    let folder = match fs::read_to_string(&git) {
        Ok(text) => {
            let named = text.trim().strip_prefix("gitdir:")?.trim();
            root.join(named)
        }
        Err(_) => git,
    };
    let head = fs::read_to_string(folder.join("HEAD")).ok()?;
    let branch = head
        .trim()
        .strip_prefix("ref: refs/heads/")
        .unwrap_or("HEAD");
    Some(branch.to_owned())
}
