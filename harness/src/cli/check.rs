//! `claude-harness check`.

use super::{Complaint, OK, USAGE, Workplace, complain, print_line};
use crate::backend::{BackendKind, from_file};
use crate::runner::{Catalog, SelectError, select};
use crate::scenario::Scenario;
use crate::yaml::InputError;
use std::path::Path;

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Scenario files, folders or names; or backend files, in a folder called `backends`
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
}

/// Checks each file on its own, so that one bad file does not hide another.
pub(super) fn check(arguments: &Arguments) -> Result<u8, Complaint> {
    let workplace = Workplace::open()?;
    let mut code = OK;
    for file in &arguments.files {
        let path = Path::new(file);
        if path.is_file() && path.parent().is_some_and(|it| it.ends_with("backends")) {
            match from_file(path) {
                Ok(backend) => print_line(&format!("ok {file} (the backend {})", backend.name)),
                Err(error) => {
                    complain(&SelectError::from(error));
                    code = USAGE;
                }
            }
            continue;
        }
        match select(
            workplace.scenarios(),
            std::slice::from_ref(file),
            &workplace.catalog,
        ) {
            Ok(selection) => {
                for (file, scenario) in selection.scenarios {
                    if let Some(error) = broken_backend(&scenario, &workplace.catalog) {
                        complain(&SelectError::from(error));
                        code = USAGE;
                        continue;
                    }
                    let count = scenario.variants.len();
                    let plural = if count == 1 { "variant" } else { "variants" };
                    print_line(&format!("ok {} ({count} {plural})", file.shown));
                }
            }
            Err(error) => {
                complain(&error);
                code = USAGE;
            }
        }
    }
    Ok(code)
}

/// What is wrong with the file of a backend that a scenario runs on.
fn broken_backend(scenario: &Scenario, catalog: &Catalog) -> Option<InputError> {
    let mut named = scenario
        .variants
        .iter()
        .map(|it| &it.performance.backend.name);
    named.find_map(|name| match &catalog.backend(name)?.kind {
        BackendKind::Broken(error) => Some((**error).clone()),
        _ => None,
    })
}
