//! The files that a command would work on, as versions see them that go by words (1.0 and 2.0).

use super::by_words::{alone, question, reading};
use super::shell::files::{self, Use};
use super::shell::hazards;
use super::shell::parts::Part;
use super::wording::Works;
use super::{
    Behavior, Capabilities, Permissions, Question, ToolUse, expand, resolve, suggest, updates,
    wording,
};
use std::path::Path;

impl Permissions {
    /// The question about lines that change the folder more than once, or before they write.
    pub(super) fn folders_and_words(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        pieces: &[&str],
    ) -> Option<Question> {
        let home = self.home.to_string_lossy();
        let known: Vec<Part> = pieces
            .iter()
            .filter_map(|piece| alone(piece, &home))
            .collect();
        let changes = known.iter().filter(|part| part.program() == "cd").count();
        if changes == 0 || known.len() < 2 {
            return None;
        }
        if changes > 1 {
            return Some(question(capabilities, wording::FOLDERS.to_owned(), None));
        }
        let reply = |redirects: bool, suggestions| {
            let (reason, message) = wording::folder_then_write(redirects);
            Some(Question {
                message,
                ..question(capabilities, reason, suggestions)
            })
        };
        let redirects = |part: &Part| {
            part.files
                .iter()
                .any(|file| file.writes && file.to.text != "/dev/null")
        };
        if known.iter().any(redirects) {
            return reply(true, None);
        }
        let stays = known.iter().any(|part| {
            let to = part
                .words
                .get(1)
                .map(|word| expand(&word.text, call.folder, &self.home));
            part.program() == "cd" && to.as_deref() == Some(call.folder)
        });
        let writes = |part: &&Part| {
            let program = files::program(part.program(), capabilities);
            program.is_some_and(|p| p.uses == Use::Writes) && !hazards::is_printing_sed(part)
        };
        if known.iter().any(|part| writes(&part)) && !stays {
            let accept = Some(updates::accept_edits());
            return reply(false, Some(accept.into_iter().collect()));
        }
        None
    }

    /// The question about the first file of a command that may not simply be used.
    pub(super) fn file_question(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        part: &Part,
    ) -> Option<Question> {
        let home = self.home.to_string_lossy();
        let redirected = part
            .files
            .iter()
            .map(|file| (file.to.clone(), file.writes, None));
        let indexed = part.words.iter().any(|word| word.text == "--no-index");
        let program = files::program(part.program(), capabilities)
            .filter(|program| program.name != "git" || (indexed && capabilities.shell >= 2));
        let named = program.into_iter().flat_map(|program| {
            let looks = program.uses == Use::Looks;
            files::named(program, part, &home)
                .into_iter()
                .map(move |word| (word, !looks, Some(program)))
        });
        for (word, writes, program) in redirected.chain(named) {
            let text = word.text.as_str();
            if program.is_none() && text == "/dev/null" {
                continue;
            }
            let by = match program {
                Some(program) => format!("{} in", program.name),
                None => "Output redirection to".to_owned(),
            };
            if capabilities.shell >= 2 && text.contains(['$', '%']) {
                let folder = call.folder.display().to_string();
                let bare = !text.contains('/');
                let list = match (program.is_some(), writes) {
                    (false, _) => None,
                    (true, true) => Some(vec![
                        updates::directories(vec![folder]),
                        updates::accept_edits(),
                    ]),
                    (true, false) if bare => Some(reading(capabilities, call.folder)),
                    (true, false) => Some(Vec::new()),
                };
                return Some(Question {
                    blocked_path: program.map(|_| text.to_owned()),
                    ..question(capabilities, wording::EXPANSION.to_owned(), list)
                });
            }
            let globbed = !word.quoted && text.contains(['*', '?', '[']);
            if globbed && writes && capabilities.shell >= 2 {
                let list = vec![
                    updates::directories(vec![call.folder.display().to_string()]),
                    updates::accept_edits(),
                ];
                return Some(Question {
                    blocked_path: Some(text.to_owned()),
                    ..question(capabilities, wording::GLOB.to_owned(), Some(list))
                });
            }
            let plain = match text.find(['*', '?', '[']).filter(|_| globbed) {
                Some(at) => match text[..at].rsplit_once('/') {
                    Some(("", _)) => "/",
                    Some((folder, _)) => folder,
                    None => "",
                },
                None => text,
            };
            let path = expand(plain, call.folder, &self.home);
            let allowed: &[&str] = if writes { &["Edit"] } else { &["Read", "Edit"] };
            if self.path_rule(Behavior::Allow, allowed, &path).is_some() {
                continue;
            }
            if writes
                && capabilities.shell >= 2
                && let Some(question) =
                    self.protected_by_words(capabilities, call, &path, program.is_some())
            {
                return Some(question);
            }
            let real = resolve(&path);
            let inside =
                self.inside(&path) && real.as_deref().is_some_and(|real| self.inside(real));
            if inside {
                continue;
            }
            let shown = if self.inside(&path) {
                real.as_deref().unwrap_or(&path)
            } else {
                &path
            };
            let folder = suggest::folder_of(shown);
            let folders: Vec<String> = self
                .folders()
                .map(|f| format!("'{}'", f.display()))
                .collect();
            let does = program.map_or("write to files in", |program| program.does);
            let suggestions = match writes {
                true => {
                    let mode = program.is_some();
                    let mut list = vec![updates::directories(vec![folder.display().to_string()])];
                    list.extend(mode.then(updates::accept_edits));
                    list
                }
                false => reading(capabilities, folder),
            };
            let path = shown.display().to_string();
            return Some(Question {
                message: wording::on_file(
                    capabilities,
                    &by,
                    &path,
                    Works {
                        looks: !writes,
                        does,
                    },
                    false,
                    &folders.join(", "),
                ),
                suggestions: Some(suggestions),
                blocked_path: Some(path),
                ..Question::default()
            });
        }
        None
    }

    fn protected_by_words(
        &self,
        capabilities: &Capabilities,
        call: &ToolUse,
        path: &Path,
        program: bool,
    ) -> Option<Question> {
        let found = self.protected(capabilities, call, path)?;
        let folder = suggest::folder_of(path).display().to_string();
        let mut list = vec![updates::directories(vec![folder])];
        list.extend(
            (program && matches!(call.mode, "default" | "plan")).then(updates::accept_edits),
        );
        Some(Question {
            suggestions: Some(list),
            blocked_path: Some(path.display().to_string()),
            kind: None,
            approvable: None,
            reason: found.reason.filter(|_| program),
            ..found
        })
    }
}
