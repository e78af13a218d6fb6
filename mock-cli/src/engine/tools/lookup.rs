//! `ToolSearch`: tools of which the model has only the names.

use super::Done;
use crate::engine::Engine;
use crate::order;
use crate::protocol::tools::{ToolMatches, ToolQuery};
use crate::protocol::wire::Wire;
use serde_json::{Value, json};

/// How many are told where nobody says.
const USUAL: usize = 5;

impl Engine {
    /// The tools of the session that the model is told of by name alone.
    fn deferred(&self, tools: &[String]) -> Vec<String> {
        let known = &self.setup.profile.deferred_tools;
        let deferred = tools
            .iter()
            .filter(|tool| known.contains(tool) || tool.starts_with("mcp__"));
        deferred.cloned().collect()
    }

    /// Whether the model calls a tool of which it was told only the name.
    pub(super) fn is_unseen(&self, tool: &str) -> bool {
        let deferred = self
            .setup
            .profile
            .deferred_tools
            .iter()
            .any(|one| one == tool);
        deferred && !self.tools.looked_up.contains(tool)
    }

    /// Finds tools.
    pub(super) fn look_up(&mut self, input: &Value) -> Done {
        let input = ToolQuery::at(input);
        let query = input.query.unwrap_or_default();
        let most = input.most.and_then(|most| most.as_u64());
        let most = most
            .and_then(|most| usize::try_from(most).ok())
            .unwrap_or(USUAL);
        let tools = self.tools();
        let deferred = self.deferred(&tools);
        let matches: Vec<String> = match query.strip_prefix("select:") {
            Some(names) => {
                let named = names.split(',').map(str::trim);
                let known = named.filter(|name| tools.iter().any(|tool| tool == name));
                known.map(str::to_owned).collect()
            }
            None => by_words(&deferred, &query.to_lowercase(), most),
        };
        self.tools.looked_up.extend(matches.iter().cloned());
        let blocks: Vec<Value> = matches
            .iter()
            .map(|tool| json!({"type": "tool_reference", "tool_name": tool}))
            .collect();
        let content: Value = match blocks.is_empty() {
            true => "No matching deferred tools found".into(),
            false => blocks.into(),
        };
        let structured = ToolMatches {
            matches: Some(matches),
            query: Some(query),
            total: Some(deferred.len() as u64),
            ..ToolMatches::default()
        };
        Done::plain(content, structured.write())
    }
}

/// Tools whose names have these words, those with most of them first; a word behind `+` must be there.
fn by_words(tools: &[String], query: &str, most: usize) -> Vec<String> {
    let (needed, words): (Vec<&str>, Vec<&str>) = query
        .split_whitespace()
        .partition(|word| word.starts_with('+'));
    let needed: Vec<&str> = needed.iter().map(|word| &word[1..]).collect();
    let score = |tool: &String| {
        let name = tool.to_lowercase();
        let has = |word: &&&str| name.contains(**word);
        let all = needed.iter().filter(has).count();
        (all == needed.len()).then(|| all + words.iter().filter(has).count())
    };
    let mut found: Vec<(usize, &String)> = tools
        .iter()
        .filter_map(|tool| Some((score(tool).filter(|score| *score > 0)?, tool)))
        .collect();
    order::sort_by_key(&mut found, |(score, _)| std::cmp::Reverse(*score));
    let found = found.into_iter().take(most);
    found.map(|(_, tool)| tool.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_behind_a_plus_must_be_there() {
        let tools = ["CronCreate", "CronList", "TaskStop"].map(str::to_owned);
        assert_eq!(
            by_words(&tools, "+cron list", 5),
            ["CronList", "CronCreate"]
        );
        assert_eq!(by_words(&tools, "task", 5), ["TaskStop"]);
        assert!(by_words(&tools, "zzz", 5).is_empty());
    }
}
