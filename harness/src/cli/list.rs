//! `claude-harness list`.

use super::{Complaint, OK, Workplace, print_line};
use crate::backend::reference::Defect;
use crate::judge;
use crate::runner::everything;
use crate::stage::Origin;
use crate::stage::environment::Provenance;
use clap::ValueEnum;
use mock_claude::faults::{Kind, faults};
use serde_json::{Value, json};

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// What to list
    what: What,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum What {
    Scenarios,
    Environments,
    Layouts,
    Backends,
    Diagnoses,
    Invariants,
    Defects,
    Faults,
}

/// One row: what a person reads, and the whole of it as JSON.
struct Row {
    name: String,
    note: String,
    about: String,
    json: Value,
}

pub(super) fn list(arguments: &Arguments) -> Result<u8, Complaint> {
    let workplace = Workplace::open()?;
    let rows = match arguments.what {
        What::Scenarios => scenarios(&workplace)?,
        What::Environments => environments(&workplace),
        What::Layouts => layouts(&workplace),
        What::Backends => backends(&workplace),
        What::Diagnoses => judge::rules()
            .iter()
            .map(|it| named(it.id, "", it.about, json!({ "fix": it.fix })))
            .collect(),
        What::Invariants => judge::invariants()
            .iter()
            .map(|it| named(it.name, "", it.about, json!({})))
            .collect(),
        What::Defects => Defect::all()
            .iter()
            .map(|it| named(it.name(), "", it.about(), json!({})))
            .collect(),
        What::Faults => faults()
            .iter()
            .map(|it| {
                named(
                    it.name,
                    word(it.kind),
                    it.about,
                    json!({ "kind": it.kind, "place": it.place }),
                )
            })
            .collect(),
    };
    if arguments.json {
        let array: Vec<&Value> = rows.iter().map(|row| &row.json).collect();
        print_line(&serde_json::to_string_pretty(&array).expect("values are JSON"));
        return Ok(OK);
    }
    let width = |column: fn(&Row) -> &str| {
        rows.iter()
            .map(|row| column(row).chars().count())
            .max()
            .unwrap_or(0)
    };
    let (name, note) = (width(|row| &row.name), width(|row| &row.note));
    for row in &rows {
        print_line(&format!(
            "{:<name$}  {:<note$}  {}",
            row.name, row.note, row.about
        ));
    }
    Ok(OK)
}

/// A thing with a name; `more` is what its JSON has besides name and sentence.
fn named(name: &str, note: &str, about: &str, mut more: Value) -> Row {
    more["name"] = json!(name);
    more["about"] = json!(about);
    Row {
        name: name.to_owned(),
        note: note.to_owned(),
        about: about.to_owned(),
        json: more,
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Bytes => "bytes",
        Kind::Time => "time",
        Kind::Process => "process",
        Kind::Protocol => "protocol",
    }
}

fn scenarios(workplace: &Workplace) -> Result<Vec<Row>, Complaint> {
    let all = everything(workplace.scenarios(), &workplace.catalog)?;
    let all = all.scenarios.into_iter();
    Ok(all
        .map(|(file, scenario)| {
            let variants: Vec<&str> = scenario.variants.iter().map(|v| v.name.as_str()).collect();
            Row {
                note: format!("{} [{}]", origin(&file.origin()), variants.join(" ")),
                about: scenario.about.clone(),
                json: json!({
                    "name": scenario.name, "about": scenario.about, "file": file.shown,
                    "source": origin(&file.origin()), "variants": variants, "guards": scenario.guards,
                    "emulated": scenario.emulated, "reports": scenario.reports,
                }),
                name: scenario.name,
            }
        })
        .collect())
}

fn environments(workplace: &Workplace) -> Vec<Row> {
    let found = workplace.catalog.environments.iter();
    found
        .map(|found| {
            let it = &found.item;
            let mut row = staged(
                &it.name,
                &it.about,
                it.provenance,
                &it.limits,
                &found.origin,
            );
            row.json["system"] = json!(it.system);
            row.json["kind"] = json!(it.kind);
            row.json["supported"] = json!(it.unsupported.is_none());
            row.json["reason"] = json!(it.unsupported);
            if it.unsupported.is_some() {
                row.note += ", not supported";
            }
            row
        })
        .collect()
}

fn layouts(workplace: &Workplace) -> Vec<Row> {
    let found = workplace.catalog.layouts.iter();
    found
        .map(|found| {
            let it = &found.item;
            let mut row = staged(
                &it.name,
                &it.about,
                it.provenance,
                &it.limits,
                &found.origin,
            );
            row.json["systems"] = json!(it.systems);
            row.json["kinds"] = json!(it.kinds);
            row.json["wrong"] = json!(it.wrong);
            if it.wrong.is_some() {
                row.note += ", wrong";
            }
            row
        })
        .collect()
}

fn staged(
    name: &str,
    about: &str,
    provenance: Provenance,
    limits: &[String],
    from: &Origin,
) -> Row {
    let (provenance, source) = (provenance.name(), origin(from));
    Row {
        name: name.to_owned(),
        note: format!("{source}, {provenance}"),
        about: about.to_owned(),
        json: json!({
            "name": name, "about": about, "provenance": provenance, "limits": limits, "source": source,
        }),
    }
}

fn backends(workplace: &Workplace) -> Vec<Row> {
    let catalog = &workplace.catalog;
    let found = catalog.backends.iter();
    found
        .map(|backend| {
            let missing = backend.missing(catalog.node.as_deref()).map(|missing| missing.reason);
            let source = origin(&backend.origin);
            Row {
                name: backend.name.clone(),
                note: format!("{source}{}", if missing.is_some() { ", cannot run here" } else { "" }),
                about: backend.about.clone(),
                json: json!({
                    "name": backend.name, "about": backend.about, "source": source, "missing": missing,
                }),
            }
        })
        .collect()
}

fn origin(origin: &Origin) -> &'static str {
    match origin {
        Origin::File(_) => "folder",
        Origin::BuiltIn => "built-in",
    }
}
