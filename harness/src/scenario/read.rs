//! From a document to a scenario with its variants.

use super::{
    BackendChoice, Budgets, Expect, History, Names, Performance, Scenario, Step, Stranger, Variant,
    step,
};
use crate::stage::{Environment, Login};
use crate::yaml::{Document, InputError, Map, Node, shown};
use mock_claude::faults::{Handshake, PointFault};
use mock_claude::script::{self, Action, Entry, Script};
use std::time::Duration;

/// What a run is made of; a variant may override any of it.
const PERFORMANCE: &[&str] = &[
    "environment",
    "layout",
    "isolation",
    "needs-root",
    "backend",
    "project",
    "history",
    "profile",
    "clock",
    "login",
    "strict",
    "claude",
    "calls",
    "api_script",
    "otherwise",
    "process",
    "version",
    "steps",
    "seed",
    "budgets",
    "port-held-by",
    "address",
    "expect",
    "everywhere",
];
const ABOUT: &[&str] = &["about", "guards", "reports", "emulated", "variants"];

/// Reads a scenario. `name` is its path under the folder of scenarios, without `.yaml`.
///
/// # Errors
/// Something in it is unknown, missing or of the wrong type.
pub fn read(document: &Document, name: &str, names: &Names) -> Result<Scenario, InputError> {
    let known: Vec<&str> = ABOUT.iter().chain(PERFORMANCE).copied().collect();
    let map = document.root().map("a scenario", &known)?;
    let about = map.required("about")?;
    let about = about.filled()?.trim().to_owned();
    let guards = map
        .optional("guards", |node| node.texts())?
        .unwrap_or_default();
    let reports = map
        .optional("reports", |node| node.texts())?
        .unwrap_or_default();
    let emulated = map
        .optional("emulated", |node| node.boolean())?
        .unwrap_or(false);
    let base = Draft::default().overlaid(&map, names)?;
    let variants = match map.get("variants") {
        None => vec![base.finish("default", map.node())?],
        Some(node) => {
            let variants = node.entries()?;
            if variants.is_empty() {
                return Err(node.error("a scenario with `variants` has at least one"));
            }
            let mut all = Vec::new();
            for (key, variant, value) in variants {
                if !is_plain_name(variant) {
                    return Err(key.error(format!(
                        "a variant's name has letters, digits and dashes; `{variant}` has not"
                    )));
                }
                let draft = if value.is_null() {
                    base.clone()
                } else {
                    base.clone()
                        .overlaid(&value.map("a variant", PERFORMANCE)?, names)?
                };
                all.push(draft.finish(variant, key)?);
            }
            all
        }
    };
    Ok(Scenario {
        name: name.to_owned(),
        about,
        guards,
        reports,
        emulated,
        variants,
    })
}

#[derive(Debug, Clone, Default)]
struct Draft {
    here_only: bool,
    environment: Option<String>,
    changed: Option<Box<Environment>>,
    layout: Option<String>,
    needs_masked: bool,
    needs_root: bool,
    backend: Option<BackendChoice>,
    login: Option<Login>,
    project: Option<String>,
    history: Vec<History>,
    script: Option<Script>,
    steps: Vec<Step>,
    releases: Vec<(String, InputError)>,
    seed: u64,
    budgets: Budgets,
    port_held_by: Option<Stranger>,
    ipv6: bool,
    expect: Expect,
}

impl Draft {
    fn overlaid(mut self, map: &Map<'_>, names: &Names) -> Result<Self, InputError> {
        if let Some(node) = map.get("environment") {
            (self.environment, self.changed) = environment(node, names)?;
        }
        if let Some(node) = map.get("layout") {
            self.layout = Some(known(node, "layout", &names.layouts)?);
        }
        if let Some(node) = map.get("isolation") {
            self.needs_masked = node.one_of("isolation", &[("paths", false), ("masked", true)])?;
        }
        if let Some(node) = map.get("needs-root") {
            self.needs_root = node.boolean()?;
        }
        if let Some(node) = map.get("backend") {
            self.backend = Some(BackendChoice::read(node, names)?);
        }
        if let Some(node) = map.get("project") {
            self.project = Some(inside_home(node)?);
        }
        if let Some(node) = map.get("history") {
            self.history = History::read_all(node)?;
        }
        if let Some(node) = map.get("seed") {
            self.seed = node.integer(0..=i64::MAX)?.unsigned_abs();
        }
        if let Some(node) = map.get("budgets") {
            self.budgets = self.budgets.overlaid(node)?;
        }
        if let Some(node) = map.get("port-held-by") {
            let strangers = [
                ("nobody", None),
                ("answering", Some(Stranger::Answering)),
                ("lookalike", Some(Stranger::Lookalike)),
                ("silent", Some(Stranger::Silent)),
                ("earlier-run", Some(Stranger::EarlierRun)),
            ];
            self.port_held_by = node.one_of("holder of the port", &strangers)?;
        }
        if let Some(node) = map.get("address") {
            self.ipv6 = node.one_of("address", &[("ipv4", false), ("ipv6", true)])?;
        }
        if let Some(node) = map.get("login") {
            self.login = Some(Login::read(node)?);
        }
        let mut script = self.script.take().unwrap_or_default();
        if let Some(node) = map.get("profile") {
            script.profile = Some(known(node, "profile", &names.profiles)?);
        }
        if let Some(node) = map.get("clock") {
            script.clock = clock(node)?;
        }
        if let Some(node) = map.get("strict") {
            script.strict = node.boolean()?;
        }
        if let Some(node) = answers(map, &mut script)? {
            short_enough(node, &script)?;
        }
        if let Some(node) = map.get("process") {
            script.process = script::process(node)?;
            let late = |answer: &Handshake| matches!(answer, Handshake::Late(ms) if *ms > LONGEST);
            if script.process.iter().any(|faults| {
                faults.slow_start.is_some_and(|ms| ms > LONGEST)
                    || late(&faults.initialize)
                    || faults.control.values().any(late)
            }) {
                return Err(too_long(node));
            }
        }
        if let Some(node) = map.get("version") {
            let version = script::version(node)?;
            if version.takes.is_some_and(|ms| ms > LONGEST) {
                return Err(too_long(node));
            }
            script.version = Some(version);
        }
        self.script = Some(script);
        if let Some(node) = map.get("steps") {
            self.steps = step::read_all(node)?;
            self.releases.clear();
            releases(node, &mut self.releases);
        }
        if let Some(node) = map.get("everywhere") {
            self.here_only = !node.boolean()?;
        }
        if let Some(node) = map.get("expect") {
            self.expect = expect(node, names)?;
        }
        Ok(self)
    }

    fn finish(self, name: &str, place: Node<'_>) -> Result<Variant, InputError> {
        if self.steps.is_empty() {
            return Err(place
                .error("a scenario needs `steps`")
                .with_help("the smallest is `steps: [chat: Hello]`"));
        }
        let mut script = self.script.unwrap_or_default();
        script.seed = self.seed;
        let gates: Vec<&str> = script::gates(&script.calls).collect();
        for (name, error) in self.releases {
            if !gates.contains(&name.as_str()) {
                let help = match gates.as_slice() {
                    [] => format!("an action `gate: {name}` of an entry would wait for it"),
                    gates => format!("the gates are {}", gates.join(", ")),
                };
                return Err(error.with_help(help));
            }
        }
        let performance = Performance {
            environment: self
                .environment
                .unwrap_or_else(|| "terminal-dev".to_owned()),
            changed: self.changed,
            layout: self.layout.unwrap_or_else(|| "dev".to_owned()),
            backend: self
                .backend
                .unwrap_or_else(|| BackendChoice::named("reference")),
            needs_masked: self.needs_masked,
            needs_root: self.needs_root,
            login: self.login,
            project: self.project,
            history: self.history,
            script,
            steps: self.steps,
            seed: self.seed,
            budgets: self.budgets,
            port_held_by: self.port_held_by,
            ipv6: self.ipv6,
        };
        Ok(Variant {
            name: name.to_owned(),
            performance,
            expect: self.expect,
            everywhere: !self.here_only,
        })
    }
}

/// A name, or a mapping that builds on one and changes single things.
fn environment(
    node: Node<'_>,
    names: &Names,
) -> Result<(Option<String>, Option<Box<Environment>>), InputError> {
    let named = |node: Node<'_>| {
        let name = node.text()?;
        let found = names.environments.iter().find(|it| it.name == name);
        found.cloned().ok_or_else(|| {
            let known: Vec<&str> = names.environments.iter().map(|it| &*it.name).collect();
            node.unknown("environment", name, &known)
        })
    };
    if node.is_text() {
        return Ok((Some(named(node)?.name), None));
    }
    let changed = Environment::read_changes(node, named)?;
    Ok((Some(changed.name.clone()), Some(Box::new(changed))))
}

/// In milliseconds: a step that takes longer than its deadline counts as a hang.
const LONGEST: u64 = 50_000;

/// What the CLI does, as entries or as the model's turns; the one takes the place of the other. Returns where it says so.
fn answers<'d>(map: &Map<'d>, script: &mut Script) -> Result<Option<Node<'d>>, InputError> {
    let places = ["claude", "calls", "api_script"].map(|key| map.get(key));
    let mut given = places.into_iter().flatten();
    let Some(node) = given.next() else {
        return Ok(None);
    };
    if let Some(second) = given.next() {
        return Err(
            second.error("what the CLI does stands in one of `claude`, `calls` and `api_script`")
        );
    }
    (script.calls, script.api_script) = (Vec::new(), None);
    script.otherwise = map.optional("otherwise", script::turn)?;
    if places[2].is_some() {
        script.api_script = Some(script::turns(node)?);
    } else {
        script.calls = script::entries(node)?;
    }
    Ok(Some(node))
}

fn short_enough(node: Node<'_>, script: &Script) -> Result<(), InputError> {
    let long = |action: &Action| match action {
        Action::Wait(ms) | Action::Fault(PointFault::Silence(Some(ms))) => *ms > LONGEST,
        _ => false,
    };
    let long = |entry: &Entry| entry.actions.iter().any(long);
    for (node, entry) in node.list()?.into_iter().zip(&script.calls) {
        if long(entry) {
            return Err(too_long(node));
        }
    }
    Ok(())
}

fn too_long(node: Node<'_>) -> InputError {
    node.error(format!(
        "a wait may take at most {:?}",
        Duration::from_millis(LONGEST)
    ))
    .with_help("for an answer that never comes use `hang`")
}

/// The gates that steps release, each with what is to be said where there is no such gate.
fn releases(steps: Node<'_>, found: &mut Vec<(String, InputError)>) {
    for step in steps.list().unwrap_or_default() {
        if let Some(name) = step.only("release")
            && let Ok(text) = name.text()
        {
            let error = name.error(format!("no entry waits for the gate `{}`", shown(text)));
            found.push((text.to_owned(), error));
        }
    }
}

/// In a scenario nothing is slower than real time.
fn clock(node: Node<'_>) -> Result<f64, InputError> {
    let help = "1 is real time, 0.01 a hundred times faster, 0 no waiting";
    match script::clock(node)? {
        scale if scale <= 1.0 => Ok(scale),
        _ => Err(node.expected("a number from 0 to 1").with_help(help)),
    }
}

fn expect(node: Node<'_>, names: &Names) -> Result<Expect, InputError> {
    let map = node.map("`expect`", &["diagnosis", "breaks"])?;
    let diagnosis = match map.get("diagnosis") {
        Some(node) if node.is_text() && node.text()? == "none" => None,
        Some(node) => Some(known(node, "diagnosis", &names.diagnoses)?),
        None => None,
    };
    let mut breaks = Vec::new();
    if let Some(node) = map.get("breaks") {
        for item in node.list()? {
            breaks.push(known(item, "invariant", &names.invariants)?);
        }
    }
    breaks.sort();
    Ok(Expect { diagnosis, breaks })
}

/// A name out of a list, or a complaint with the nearest.
pub(super) fn known(node: Node<'_>, what: &str, names: &[String]) -> Result<String, InputError> {
    let name = node.text()?;
    if names.iter().any(|known| known == name) {
        return Ok(name.to_owned());
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Err(node.unknown(what, name, &names))
}

/// A path below HOME.
pub(super) fn inside_home(node: Node<'_>) -> Result<String, InputError> {
    let text = node.text()?;
    let below = !text.is_empty()
        && !text.contains('\0')
        && std::path::Path::new(text)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
    if below {
        Ok(text.to_owned())
    } else {
        Err(node.error(format!(
            "`{}` must be a path below HOME, without a leading `/` and without `..`",
            shown(text)
        )))
    }
}

fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
}
