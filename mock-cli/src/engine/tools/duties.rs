//! The tools on the model's list of things to do: `TaskCreate`, `TaskGet`, `TaskList` and `TaskUpdate`.

use super::Done;
use crate::protocol::tools::Duty;
use serde_json::{Map, Value, json};

/// The list.
#[derive(Debug, Default)]
pub(in crate::engine) struct Duties {
    /// How many there were.
    count: u64,
    open: Vec<Item>,
}

#[derive(Debug)]
struct Item {
    id: String,
    subject: String,
    description: String,
    status: String,
    owner: Option<String>,
    blocks: Vec<String>,
    blocked_by: Vec<String>,
}

impl Duties {
    /// Runs one of the tools.
    pub(super) fn run(&mut self, tool: &str, input: &Value, describes: bool) -> Done {
        let input = Duty::at(input);
        match tool {
            "TaskCreate" => self.create(input, describes),
            "TaskGet" => self.get(&input.id.unwrap_or_default()),
            "TaskUpdate" => self.update(input),
            _ => self.list(),
        }
    }

    fn create(&mut self, input: Duty, describes: bool) -> Done {
        self.count += 1;
        let item = Item {
            id: self.count.to_string(),
            subject: input.subject.unwrap_or_default(),
            description: input.description.unwrap_or_default(),
            status: "pending".into(),
            owner: None,
            blocks: Vec::new(),
            blocked_by: Vec::new(),
        };
        let said = format!("Task #{} created successfully: {}", item.id, item.subject);
        let mut task = json!({"id": item.id, "subject": item.subject});
        if describes {
            task["description"] = item.description.as_str().into();
        }
        self.open.push(item);
        Done::plain(said, json!({"task": task}))
    }

    fn get(&self, id: &str) -> Done {
        let Some(item) = self.open.iter().find(|item| item.id == id) else {
            return Done::plain("Task not found", json!({"task": null}));
        };
        let mut said = format!(
            "Task #{id}: {}\nStatus: {}\nDescription: {}",
            item.subject, item.status, item.description
        );
        for (what, others) in [("Blocked by", &item.blocked_by), ("Blocks", &item.blocks)] {
            if !others.is_empty() {
                said += &format!("\n{what}: {}", numbered(others));
            }
        }
        let task = json!({
            "id": id, "subject": item.subject, "description": item.description,
            "status": item.status, "blocks": item.blocks, "blockedBy": item.blocked_by,
        });
        Done::plain(said, json!({"task": task}))
    }

    fn list(&self) -> Done {
        let is_open = |id: &&String| {
            let other = self.open.iter().find(|item| item.id == **id);
            other.is_some_and(|item| item.status != "completed")
        };
        let mut lines = Vec::new();
        let mut tasks = Vec::new();
        for item in &self.open {
            let blocked: Vec<String> = item.blocked_by.iter().filter(is_open).cloned().collect();
            let mut line = format!("#{} [{}] {}", item.id, item.status, item.subject);
            let mut task = Map::new();
            task.insert("id".into(), item.id.as_str().into());
            task.insert("subject".into(), item.subject.as_str().into());
            task.insert("status".into(), item.status.as_str().into());
            if let Some(owner) = &item.owner {
                line += &format!(" ({owner})");
                task.insert("owner".into(), owner.as_str().into());
            }
            if !blocked.is_empty() {
                line += &format!(" [blocked by {}]", numbered(&blocked));
            }
            task.insert("blockedBy".into(), blocked.into());
            lines.push(line);
            tasks.push(Value::Object(task));
        }
        let said = match lines.is_empty() {
            true => "No tasks found".to_owned(),
            false => lines.join("\n"),
        };
        Done::plain(said, json!({"tasks": tasks}))
    }

    fn update(&mut self, input: Duty) -> Done {
        let id = input.id.unwrap_or_default();
        let Some(at) = self.open.iter().position(|item| item.id == id) else {
            return Done::plain(
                "Task not found",
                json!({"success": false, "taskId": id, "updatedFields": [], "error": "Task not found"}),
            );
        };
        let item = &mut self.open[at];
        let mut fields: Vec<&str> = Vec::new();
        let mut change = |field: &mut String, new: Option<String>, name: &'static str| {
            if let Some(new) = new.filter(|new| new != field) {
                *field = new;
                fields.push(name);
            }
        };
        change(&mut item.subject, input.subject, "subject");
        change(&mut item.description, input.description, "description");
        if input.form.is_some() {
            fields.push("activeForm");
        }
        if input.owner.is_some() && input.owner != item.owner {
            item.owner = input.owner;
            fields.push("owner");
        }
        if input.metadata.is_some() {
            fields.push("metadata");
        }
        let before = item.status.clone();
        let status = input.status.filter(|status| *status != before);
        match status.as_deref() {
            Some("deleted") => fields.push("deleted"),
            Some(status) => {
                status.clone_into(&mut item.status);
                fields.push("status");
            }
            None => {}
        }
        for (list, more, name) in [
            (&mut item.blocks, input.blocks, "blocks"),
            (&mut item.blocked_by, input.blocked_by, "blockedBy"),
        ] {
            if let Some(more) = more {
                list.extend(more);
                fields.push(name);
            }
        }
        let said = format!("Updated task #{id} {}", fields.join(", "));
        let mut structured = json!({"success": true, "taskId": id, "updatedFields": fields});
        if let Some(status) = status {
            if status == "deleted" {
                self.open.remove(at);
            }
            structured["statusChange"] = json!({"from": before, "to": status});
        }
        Done::plain(said, structured)
    }
}

/// `#1, #2`.
fn numbered(ids: &[String]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("#{id}")).collect();
    ids.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As 2.1.330 says it.
    #[test]
    fn what_is_blocked_says_by_what() {
        let mut duties = Duties::default();
        let mut run = |tool: &str, input: Value| duties.run(tool, &input, true).content;
        run("TaskCreate", json!({"subject": "S"}));
        run("TaskCreate", json!({"subject": "T"}));
        let said = run(
            "TaskUpdate",
            json!({"taskId": "2", "addBlockedBy": ["1"], "owner": "me"}),
        );
        assert_eq!(said, "Updated task #2 owner, blockedBy");
        let list = run("TaskList", json!({}));
        assert_eq!(list, "#1 [pending] S\n#2 [pending] T (me) [blocked by #1]");
        assert_eq!(run("TaskGet", json!({"taskId": "9"})), "Task not found");
    }
}
