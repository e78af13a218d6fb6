//! Which backend a run has, and what is asked of it.

use super::Names;
use crate::backend::START_PLACES;
use crate::braces;
use crate::yaml::{InputError, Node};
use std::collections::BTreeMap;

/// The backend of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackendChoice {
    /// Its name.
    pub name: String,
    /// What the reference backend does wrong.
    pub defects: Vec<String>,
    /// Options given to the server: `executable: node` becomes `--executable node`. A value may name places of the stage:
    /// `{home}/bin/claude`.
    pub options: BTreeMap<String, String>,
    /// How the reference backend is spoken to.
    pub client: Client,
}

/// How the reference backend is spoken to; what others speak stands in their files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Client {
    /// By requests, as the page of claude-code-webui does.
    #[default]
    Webui,
    /// Over a WebSocket.
    Websocket,
    /// By hand, on its page, in a real browser.
    Browser,
}

impl BackendChoice {
    /// A backend without defects and options.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            defects: Vec::new(),
            options: BTreeMap::new(),
            client: Client::default(),
        }
    }

    /// Reads `reference`, or `{ use: reference, defects: [...], options: {...} }`.
    pub(super) fn read(node: Node<'_>, names: &Names) -> Result<Self, InputError> {
        if node.is_text() {
            return Ok(Self::named(&super::read::known(
                node,
                "backend",
                &names.backends,
            )?));
        }
        let map = node.map("a backend", &["use", "defects", "options", "driver"])?;
        let mut choice = Self::named(&super::read::known(
            map.required("use")?,
            "backend",
            &names.backends,
        )?);
        if let Some(defects) = map.get("defects") {
            if choice.name != "reference" {
                return Err(defects.error(
                    "only the backend `reference` has defects; a real backend takes `options`",
                ));
            }
            for defect in defects.list()? {
                choice
                    .defects
                    .push(super::read::known(defect, "defect", &names.defects)?);
            }
        }
        if let Some(driver) = map.get("driver") {
            if choice.name != "reference" {
                return Err(driver.error("only the backend `reference` has several drivers; that of another one stands in its file"));
            }
            let all = [
                ("webui", Client::Webui),
                ("websocket", Client::Websocket),
                ("browser", Client::Browser),
            ];
            choice.client = driver.one_of("driver of the reference backend", &all)?;
        }
        if let Some(options) = map.get("options") {
            for (_, key, value) in options.entries()? {
                let text = value.text()?.to_owned();
                let unknown = braces::names(&text).find(|name| !START_PLACES.contains(name));
                if let Some(unknown) = unknown {
                    return Err(value
                        .error(format!("unknown place `{{{unknown}}}`"))
                        .with_help(format!(
                            "a place is one of {{{}}}",
                            START_PLACES.join("}, {")
                        )));
                }
                choice.options.insert(key.to_owned(), text);
            }
        }
        Ok(choice)
    }
}
