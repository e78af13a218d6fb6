//! `claude-harness explain`.

use super::{Complaint, OK, Workplace, print};
use crate::backend::reference::Defect;
use crate::judge::{self, Confidence};
use crate::runner::{SelectError, everything};
use crate::scenario::{Scenario, Variant};
use crate::yaml::suggestion;
use mock_claude::faults::{Place, faults};
use std::fmt::Write as _;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// A diagnosis, an invariant, a defect, a fault, or a failure class (`L01-gui-path`)
    id: String,
}

/// A page: its headings, and the paragraphs below each.
#[derive(Default)]
struct Page(Vec<(&'static str, Vec<String>)>);

impl Page {
    fn about(id: &str, kind: &str, about: &str) -> Self {
        let mut page = Self::default();
        page.add("NAME", [format!("{id} - {kind}")]);
        page.add("WHAT IT MEANS", [about.to_owned()]);
        page
    }

    /// Nothing is added where there is nothing to say.
    fn add(&mut self, heading: &'static str, paragraphs: impl IntoIterator<Item = String>) {
        let paragraphs: Vec<String> = paragraphs.into_iter().collect();
        if !paragraphs.is_empty() {
            self.0.push((heading, paragraphs));
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (index, (heading, paragraphs)) in self.0.iter().enumerate() {
            let gap = if index > 0 { "\n" } else { "" };
            let _ = writeln!(text, "{gap}{heading}");
            for paragraph in paragraphs {
                for line in wrapped(paragraph) {
                    let _ = writeln!(text, "    {line}");
                }
            }
        }
        text
    }
}

/// Lines of at most 76 characters, if words allow it.
fn wrapped(paragraph: &str) -> Vec<String> {
    const WIDTH: usize = 76;
    let mut lines = vec![String::new()];
    for word in paragraph.split_whitespace() {
        let line = lines.last_mut().expect("there is one");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

pub(super) fn explain(arguments: &Arguments) -> Result<u8, Complaint> {
    let workplace = Workplace::open()?;
    let all = everything(workplace.scenarios(), &workplace.catalog)?;
    let scenarios: Vec<Scenario> = all.scenarios.into_iter().map(|(_, it)| it).collect();
    let id = arguments.id.as_str();
    let page = diagnosis(id, &scenarios)
        .or_else(|| invariant(id, &scenarios))
        .or_else(|| defect(id, &scenarios))
        .or_else(|| fault(id))
        .or_else(|| class(id, &scenarios));
    let Some(page) = page else {
        return Err(SelectError::UnknownOverride {
            what: "diagnosis, invariant, defect, fault or failure class",
            name: id.to_owned(),
            help: suggestion(id, &known(&scenarios)),
        }
        .into());
    };
    print(&page.text());
    Ok(OK)
}

/// Everything that can be asked for.
fn known(scenarios: &[Scenario]) -> Vec<&str> {
    let mut known: Vec<&str> = judge::rules().iter().map(|rule| rule.id).collect();
    known.extend(judge::invariants().iter().map(|it| it.name));
    known.extend(Defect::all().iter().map(|it| it.name()));
    known.extend(faults().iter().map(|it| it.name));
    known.extend(
        scenarios
            .iter()
            .flat_map(|it| &it.guards)
            .map(String::as_str),
    );
    known.sort_unstable();
    known.dedup();
    known
}

fn diagnosis(id: &str, scenarios: &[Scenario]) -> Option<Page> {
    let rule = judge::rules().iter().find(|rule| rule.id == id)?;
    let mut page = Page::about(id, "diagnosis", rule.about);
    page.add("CURE", [sentence(rule.fix)]);
    let sure = match rule.confidence {
        Confidence::Certain => "Certain: what is measured leaves no other cause.",
        Confidence::Likely => {
            "Likely: what is said fits; another cause could make it say the same."
        }
        Confidence::Symptom => "A symptom: a name for what is seen, where nothing tells why.",
    };
    page.add("HOW SURE", [sure.to_owned()]);
    let shown = |variant: &Variant| variant.expect.diagnosis.as_deref() == Some(id);
    let breaks = variants(scenarios).filter(|(_, variant)| shown(variant));
    page.add(
        "BREAKS",
        unique(breaks.flat_map(|(_, it)| it.expect.breaks.clone())),
    );
    page.add("CLASSES", classes(scenarios, shown));
    page.add("SHOWN BY", runs(scenarios, shown));
    Some(page)
}

fn invariant(id: &str, scenarios: &[Scenario]) -> Option<Page> {
    let invariant = judge::invariants().iter().find(|it| it.name == id)?;
    let mut page = Page::about(id, "invariant", invariant.about);
    let shown = |variant: &Variant| variant.expect.breaks.iter().any(|name| name == id);
    let broken = variants(scenarios).filter(|(_, variant)| shown(variant));
    page.add(
        "DIAGNOSES",
        unique(broken.filter_map(|(_, it)| it.expect.diagnosis.clone())),
    );
    page.add("BROKEN BY", runs(scenarios, shown));
    Some(page)
}

fn defect(id: &str, scenarios: &[Scenario]) -> Option<Page> {
    let defect = Defect::all().iter().find(|it| it.name() == id)?;
    let about = format!("The reference backend {}.", defect.about());
    let mut page = Page::about(id, "defect of the reference backend", &about);
    let has = |variant: &Variant| {
        let mut defects = variant.performance.backend.defects.iter();
        defects.any(|name| name == id)
    };
    let broken = variants(scenarios).filter(|(_, variant)| has(variant));
    page.add(
        "DIAGNOSES",
        unique(broken.filter_map(|(_, it)| it.expect.diagnosis.clone())),
    );
    page.add("CLASSES", classes(scenarios, has));
    page.add("SHOWN BY", runs(scenarios, has));
    page.add(
        "HOW TO ASK FOR IT",
        [format!("backend: {{ use: reference, defects: [{id}] }}")],
    );
    Some(page)
}

fn fault(id: &str) -> Option<Page> {
    let fault = faults().iter().find(|it| it.name == id)?;
    let mut page = Page::about(id, "fault of the stand-in", &sentence(fault.about));
    let place = match fault.place {
        Place::Action => "among the actions under `do` of an entry of `claude`",
        Place::Entry => "in an entry of `claude`, beside `do`",
        Place::Process => "in `process`, for whole calls",
        Place::Stdout => "in `process`, under `stdout`",
        Place::Version => "under `version`",
    };
    page.add("WHERE IT STANDS", [place.to_owned()]);
    Some(page)
}

fn class(id: &str, scenarios: &[Scenario]) -> Option<Page> {
    let mine: Vec<&Scenario> = scenarios
        .iter()
        .filter(|scenario| scenario.guards.iter().any(|guard| guard == id))
        .collect();
    // The plainest speaks of no SDK.
    let plainest = mine.iter().min_by_key(|scenario| scenario.name.len())?;
    let mut page = Page::about(id, "failure class", &plainest.about);
    let all = || mine.iter().flat_map(|scenario| &scenario.variants);
    page.add(
        "DIAGNOSES",
        unique(all().filter_map(|it| it.expect.diagnosis.clone())),
    );
    page.add(
        "REPORTS",
        unique(mine.iter().flat_map(|it| it.reports.clone())),
    );
    page.add("GUARDED BY", mine.iter().map(|it| it.name.clone()));
    Some(page)
}

fn variants(scenarios: &[Scenario]) -> impl Iterator<Item = (&Scenario, &Variant)> {
    let all = scenarios.iter();
    all.flat_map(|scenario| scenario.variants.iter().map(move |it| (scenario, it)))
}

fn runs(scenarios: &[Scenario], of: impl Fn(&Variant) -> bool) -> Vec<String> {
    variants(scenarios)
        .filter(|(_, variant)| of(variant))
        .map(|(scenario, variant)| format!("{}::{}", scenario.name, variant.name))
        .collect()
}

fn classes(scenarios: &[Scenario], of: impl Fn(&Variant) -> bool) -> Vec<String> {
    let mine = scenarios.iter().filter(|it| it.variants.iter().any(&of));
    unique(mine.flat_map(|scenario| scenario.guards.clone()))
}

fn unique(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut all: Vec<String> = names.collect();
    all.sort();
    all.dedup();
    all
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), chars.as_str())
}
