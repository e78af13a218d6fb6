//! `WebFetch` and `WebSearch`. The stand-in has no network: a page is never reached, and a search is what the model's next
//! turn says of it.

use super::Done;
use crate::engine::Engine;
use crate::permissions::host;
use crate::protocol::api::Block;
use crate::protocol::tools::{FoundPage, FoundPages, WebQuery, WebResult};
use crate::protocol::wire::{Object, Wire};
use serde_json::Value;
use std::time::Instant;

/// What keeps a search from being made, before anybody is asked.
pub(super) fn objection(name: &str, input: &Value) -> Option<Done> {
    let query = WebQuery::at(input);
    let full = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|list| !list.is_empty());
    let both = full(&query.allowed) && full(&query.blocked);
    let said = "Error: Cannot specify both allowed_domains and blocked_domains in the same request";
    (name == "WebSearch" && both).then(|| Done::uncalled(said, format!("Error: {said}")))
}

/// A page that is not reached.
pub(super) fn fetch(input: &Value) -> Done {
    let address = WebQuery::at(input).url.unwrap_or_default();
    let host = host(&address).unwrap_or_default();
    Done::failed(&format!(
        "Unable to verify if domain {host} is safe to fetch. This may be due to network restrictions or enterprise security policies blocking claude.ai."
    ))
}

impl Engine {
    /// Searches: the model is asked, and its answer told.
    pub(super) fn search_web(&mut self, input: &Value) -> Done {
        let begun = Instant::now();
        let query = WebQuery::at(input).query.unwrap_or_default();
        let answer = match &self.model.api {
            Some(_) => self.next_turn().content,
            None => Vec::new(),
        };
        let model = self.model.name.clone();
        self.asked_on_the_side(&model);
        let profile = self.setup.profile;
        let mut said = format!("Web search results for query: \"{query}\"\n\n");
        let mut results: Vec<Value> = Vec::new();
        let mut searches = 0;
        for block in &answer {
            match &block.block {
                Block::Text(text) => {
                    let text = text.text.as_deref().unwrap_or_default().trim();
                    if !text.is_empty() {
                        said += &format!("{text}\n\n");
                        results.push(text.into());
                    }
                }
                Block::Other(other) => {
                    let Some(pages) = pages(other) else {
                        continue;
                    };
                    searches += 1;
                    let links = crate::json::line(
                        &pages.content.iter().flatten().map(Wire::write).collect(),
                        crate::json::Escapes::None,
                    );
                    said += &match links.as_str() {
                        "[]" => "No links found.\n\n".to_owned(),
                        links => format!("Links: {links}\n\n"),
                    };
                    results.push(pages.write());
                }
                _ => {}
            }
        }
        let said = match profile.text("search_reminder") {
            "" => said.trim_end().to_owned(),
            reminder => format!("{said}\n{reminder}"),
        };
        let structured = WebResult {
            query: Some(query),
            results: Some(results),
            duration: serde_json::Number::from_f64(begun.elapsed().as_secs_f64()),
            searches: profile.toolbox.counts_searches.then_some(searches),
            ..WebResult::default()
        };
        Done::plain(said, structured.write())
    }
}

/// The pages of a search that a block tells of.
fn pages(block: &Object) -> Option<FoundPages> {
    let mut pages = FoundPages::of(block.clone());
    if pages.kind.take().as_deref() != Some("web_search_tool_result") {
        return None;
    }
    for page in pages.content.iter_mut().flatten() {
        *page = FoundPage {
            title: page.title.take(),
            url: page.url.take(),
            ..FoundPage::default()
        };
    }
    Some(pages)
}
