//! Many cases at the same time, and what came of each.

use super::Error;
use super::compare::Comparison;
use super::kept::Kept;
use super::known::{Disagreement, Disagreements};
use super::live::recorded_from;
use super::perturb::perturbed;
use super::recording::{Recording, read_folder};
use super::replay::{Replay, Replayed};
use super::rules::{Rules, any, glob};
use super::setup::Setups;
use super::shipped;
use super::subject::{StandIn, Subject};
use mock_claude::profile::Profile;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// How often a case with pauses that does not agree is replayed at the pace at which it was recorded.
const RETRIES: usize = 2;

/// What to run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The folder of recordings; None: those that are shipped.
    pub folder: Option<PathBuf>,
    /// Only this version.
    pub version: Option<String>,
    /// Only cases whose name fits one of these globs; none: all.
    pub cases: Vec<String>,
    /// The executable that is the stand-in.
    pub stand_in: PathBuf,
    /// The real CLI, to be compared with as well.
    pub real: Option<Arc<dyn Subject>>,
    /// The stand-in's waits are multiplied by this.
    pub clock: f64,
    /// How many cases run at the same time.
    pub jobs: usize,
    /// Other texts, flags, ids and chunks than those that were recorded.
    pub perturb: bool,
}

impl Plan {
    /// All recordings that are shipped, on this stand-in.
    #[must_use]
    pub fn shipped(stand_in: impl Into<PathBuf>) -> Self {
        Plan {
            folder: None,
            version: None,
            cases: Vec::new(),
            stand_in: stand_in.into(),
            real: None,
            clock: 0.1,
            jobs: 8,
            perturb: false,
        }
    }

    fn recordings(&self) -> Result<Vec<Recording>, Error> {
        match &self.folder {
            Some(folder) => read_folder(folder),
            None => shipped::recordings(),
        }
    }

    fn selects(&self, recording: &Recording) -> bool {
        let named = |pattern: &String| glob(pattern, &recording.case);
        self.version
            .as_ref()
            .is_none_or(|v| *v == recording.version)
            && (self.cases.is_empty() || self.cases.iter().any(named))
    }
}

/// The recordings of a plan's folder, with those that the real CLI no longer agrees with as it was now.
///
/// # Errors
/// A recording cannot be read.
pub fn updated(plan: &Plan, outcome: &Outcome) -> Result<Vec<Recording>, Error> {
    let mut all = plan.recordings()?;
    for recording in &mut all {
        let mut cases = outcome.cases.iter();
        let case = cases.find(|c| c.version == recording.version && c.name == recording.case);
        let live = case.and_then(|case| case.live.as_ref());
        if let Some(live) = live.filter(|live| live.recording.is_some()) {
            recording.clone_from(&live.fresh);
        }
    }
    Ok(all)
}

/// The recordings that a plan selects.
///
/// # Errors
/// A recording cannot be read.
pub fn selected(plan: &Plan) -> Result<Vec<Recording>, Error> {
    let mut all = plan.recordings()?;
    all.retain(|recording| plan.selects(recording));
    Ok(all)
}

/// What came of a case.
#[derive(Debug, Clone)]
pub struct Case {
    /// The version.
    pub version: String,
    /// Its name.
    pub name: String,
    /// Its group.
    pub group: String,
    /// Why it was not run.
    pub skipped: Option<String>,
    /// The first difference between the recording and the stand-in.
    pub difference: Option<String>,
    /// Why it is known not to agree.
    pub known: Option<Disagreement>,
    /// The real CLI, where it was run.
    pub live: Option<Live>,
}

/// What the real CLI did in a case.
#[derive(Debug, Clone)]
pub struct Live {
    /// The first difference between the recording and the real CLI.
    pub recording: Option<String>,
    /// The first difference between the real CLI and the stand-in.
    pub stand_in: Option<String>,
    /// The run of the real CLI, as a recording.
    pub fresh: Recording,
}

impl Case {
    /// Whether it was run and agrees.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.skipped.is_none() && self.difference.is_none()
    }
}

/// What came of a plan.
#[derive(Debug)]
pub struct Outcome {
    /// All cases, in the order of the recordings.
    pub cases: Vec<Case>,
    /// The rules, with what each excused.
    pub rules: Rules,
    /// Rules that had their chance and excused nothing.
    pub idle: Vec<String>,
}

/// Runs a plan; `done` hears of each case as it ends.
///
/// # Errors
/// A data file or recording cannot be read, or nothing is selected.
pub fn run(original: &Plan, done: &(dyn Fn(&Case) + Sync)) -> Result<Outcome, Error> {
    let rules = Rules::embedded()?;
    let setups = Setups::embedded()?;
    let plan = original;
    let known = Disagreements::of(plan.folder.as_deref())?;
    let mut all = plan.recordings()?;
    if plan.perturb {
        // Where only some bytes were kept their text is what is looked at.
        let changed = |r: &Recording| match super::bytes::segment(r) {
            Some(_) => r.clone(),
            None => perturbed(r, &all, &setups),
        };
        all = all.iter().map(changed).collect();
    }
    let chosen: Vec<&Recording> = all.iter().filter(|r| plan.selects(r)).collect();
    if chosen.is_empty() {
        return Err(Error::Nothing);
    }
    // One copy beside the grounds, made before there are threads: each run then only links it.
    let near = super::ground::folder()?;
    let plan = &Plan {
        stand_in: near.path().join("stand-in"),
        ..plan.clone()
    };
    let from = &original.stand_in;
    if std::fs::hard_link(from, &plan.stand_in).is_err() {
        std::fs::copy(from, &plan.stand_in).map_err(|e| Error::io(from, e))?;
    }
    let work = Work {
        plan,
        rules: &rules,
        setups: &setups,
        known: &known,
        all: &all,
    };
    // Those that take long first, so that none of them is alone at the end.
    let mut order: Vec<usize> = (0..chosen.len()).collect();
    order.sort_by_key(|&n| std::cmp::Reverse(chosen[n].raw["exit_t_ms"].as_u64().unwrap_or(0)));
    let next = AtomicUsize::new(0);
    let cases: Mutex<Vec<Option<Case>>> = Mutex::new(vec![None; chosen.len()]);
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs.clamp(1, chosen.len()) {
            scope.spawn(|| {
                while let Some(&n) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let case = work.case(chosen[n]);
                    done(&case);
                    cases.lock().unwrap_or_else(|e| e.into_inner())[n] = Some(case);
                }
            });
        }
    });
    let cases = cases.into_inner().unwrap_or_else(|e| e.into_inner());
    let cases: Vec<Case> = cases.into_iter().flatten().collect();
    // Rules are there for the recordings that are shipped: each version of them must have been run as a whole.
    let shipped = plan.folder.is_none() && plan.real.is_none() && !plan.perturb;
    let whole = shipped && plan.cases.is_empty();
    let run_of = |version: &str| cases.iter().any(|case| case.version == version);
    let idle = rules.lines().into_iter().filter(|rule| {
        let mut versions = shipped::versions().filter(|version| any(rule.versions, version));
        whole && !rule.live && rule.excused == 0 && versions.all(run_of)
    });
    let idle = idle.map(|rule| rule.what.to_owned()).collect();
    Ok(Outcome { cases, rules, idle })
}

struct Work<'w> {
    plan: &'w Plan,
    rules: &'w Rules,
    setups: &'w Setups,
    known: &'w Disagreements,
    all: &'w [Recording],
}

impl Work<'_> {
    fn case(&self, recording: &Recording) -> Case {
        let mut case = Case {
            version: recording.version.clone(),
            name: recording.case.clone(),
            group: recording.group().to_owned(),
            skipped: None,
            difference: None,
            known: self
                .known
                .of_case(&recording.version, &recording.case)
                .cloned(),
            live: None,
        };
        let stand_in = StandIn(self.plan.stand_in.clone());
        let clock = clock_of(recording, self.plan.clock);
        let same: Vec<&Recording> = self
            .all
            .iter()
            .filter(|r| r.version == recording.version)
            .collect();
        // Of some calls only a few bytes were kept: of a plain call whose model said that text.
        let bytes = super::bytes::segment(recording).map(|_| recording);
        let plain = same.iter().find(|r| r.case == super::bytes::SOURCE);
        let said = bytes.and_then(|bytes| super::bytes::saying(bytes, plain?));
        let recording = said.as_ref().unwrap_or(recording);
        if Profile::named(&recording.version).is_none() {
            case.skipped = Some("the stand-in has no profile of this version".into());
            return case;
        }
        if let Some(reason) = self.replay(&stand_in, &same, clock).obstacle(recording) {
            case.skipped = Some(reason);
            return case;
        }
        // The texts of bytes are what is looked at: they are not changed.
        let difference = |ours: &Replayed| match bytes {
            Some(bytes) => super::bytes::difference(bytes, &ours.seen),
            None => self.difference(recording, ours),
        };
        let mut ours = self.replay(&stand_in, &same, clock).run(recording);
        // Where a pause of the client is held against a stream a busy machine may need the time that was recorded.
        for _ in 0..RETRIES {
            let differs = ours.as_ref().is_ok_and(|ours| difference(ours).is_some());
            if !differs || !pauses(recording) {
                break;
            }
            ours = self.replay(&stand_in, &same, 1.0).run(recording);
        }
        let ours = match ours {
            Ok(ours) => ours,
            Err(error) => {
                case.difference = Some(format!("failed to {error}"));
                return case;
            }
        };
        case.difference = difference(&ours);
        if bytes.is_some() {
            return case;
        }
        if let Some(real) = &self.plan.real {
            let live = self.replay(real.as_ref(), &same, 1.0).run(recording);
            let live = live.map_err(|error| format!("failed to {error}"));
            match live.and_then(|live| self.live(recording, &live, &ours)) {
                Ok(live) => case.live = Some(live),
                Err(error) => case.difference = Some(error),
            }
        }
        case
    }

    fn replay<'r>(
        &'r self,
        subject: &'r dyn Subject,
        all: &'r [&'r Recording],
        clock: f64,
    ) -> Replay<'r> {
        Replay {
            subject,
            setups: self.setups,
            all,
            clock,
            chunk: self.plan.perturb.then_some(7),
        }
    }

    fn live(
        &self,
        recording: &Recording,
        live: &Replayed,
        ours: &Replayed,
    ) -> Result<Live, String> {
        // Also of a case that is new no more is kept than what is shipped of others.
        let of_version = |r: &&Recording| r.version == recording.version;
        let shipped = shipped::recordings().map_err(|e| e.to_string())?;
        let kept = Kept::of(self.all.iter().chain(&shipped).filter(of_version));
        let fresh = Recording::read(recorded_from(recording, live, &kept))?;
        Ok(Live {
            recording: self.difference(recording, live),
            stand_in: self.difference(&fresh, ours),
            fresh,
        })
    }

    fn difference(&self, recording: &Recording, replayed: &Replayed) -> Option<String> {
        let lists = |case: &str, key: &str| {
            let named = self
                .all
                .iter()
                .find(|r| r.version == recording.version && r.case == case)?;
            named.list(key).cloned()
        };
        let mut comparison = Comparison {
            rules: self.rules,
            version: &recording.version,
            case: &recording.case,
            known: replayed.known.clone(),
            lists: &lists,
        };
        comparison.difference(recording, &replayed.seen)
    }
}

/// Whether the client pauses for a time of its own.
fn pauses(recording: &Recording) -> bool {
    let mut steps = recording.steps.iter();
    steps.any(|step| matches!(step, super::steps::Step::Sleep(_)))
}

/// The factor of a case. Tools that sleep do so for real, so pauses of the client that are timed against them are not
/// scaled; pauses against the gaps of a stream are scaled only so far that a busy machine still keeps them apart.
fn clock_of(recording: &Recording, clock: f64) -> f64 {
    let script = recording.raw["api_script"].to_string();
    match pauses(recording) {
        true if script.contains("sleep") => 1.0,
        true if script.contains("\"gap\"") => clock.max(0.5),
        true => clock,
        // Nothing but the CLI's own waits.
        false => clock / 5.0,
    }
}
