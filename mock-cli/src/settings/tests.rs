//! What sources come to together, on files of a folder of the test's own.

use super::*;
use crate::argv::Options;
use serde_json::json;
use std::path::PathBuf;

const NEWER: Capabilities = Capabilities {
    permissions: 4,
    shell: 4,
};
const OLDER: Capabilities = Capabilities {
    permissions: 2,
    shell: 2,
};

struct Stage {
    root: std::rc::Rc<tempfile::TempDir>,
    home: Home,
    cwd: PathBuf,
    managed: PathBuf,
}

impl Stage {
    fn new(files: &[(&str, Value)]) -> Stage {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().canonicalize().unwrap();
        for (name, text) in files {
            let file = path.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text.to_string()).unwrap();
        }
        Stage {
            home: Home::in_home(&path.join("home")),
            cwd: path.join("work"),
            managed: path.join("managed.json"),
            root: root.into(),
        }
    }

    /// The same files, of which nothing has been read.
    fn again(&self) -> Stage {
        Stage {
            home: Home::in_home(&self.cwd.with_file_name("home")),
            cwd: self.cwd.clone(),
            managed: self.managed.clone(),
            root: self.root.clone(),
        }
    }

    fn places(&self) -> Places<'_> {
        Places {
            home: &self.home,
            cwd: &self.cwd,
            managed: &self.managed,
        }
    }

    fn read(&self, args: &[&str], capabilities: Capabilities) -> Settings {
        Settings::read(&options(args), &capabilities, &self.places())
    }
}

fn options(args: &[&str]) -> Options {
    let profile = crate::profile::Profile::named("2.1.330").unwrap();
    let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
    Options::new(&crate::argv::parse(&profile.flags, &args).unwrap())
}

const USER: &str = "home/.claude/settings.json";
const PROJECT: &str = "work/.claude/settings.json";
const LOCAL: &str = "work/.claude/settings.local.json";

/// From 2.1.330.
#[test]
fn later_sources_override_earlier_ones() {
    let stage = Stage::new(&[
        (
            USER,
            json!({"model": "a", "env": {"A": "1", "B": "1"}, "permissions": {"defaultMode": "acceptEdits"}}),
        ),
        (
            PROJECT,
            json!({"permissions": {"defaultMode": "plan"}, "env": {"B": "2"}}),
        ),
        (LOCAL, json!({"model": "b", "outputStyle": "Explanatory"})),
    ]);
    let settings = stage.read(&[], NEWER);
    assert_eq!(settings.model(), Some("b"));
    assert_eq!(settings.output_style(), Some("Explanatory"));
    assert_eq!(settings.mode(&options(&[])), "plan");
    assert_eq!(
        settings.mode(&options(&["--permission-mode", "default"])),
        "default"
    );
    assert_eq!(settings.var("B").as_deref(), Some("2"));
    let flag = stage.read(&["--settings", r#"{"model":"c","env":{"A":"9"}}"#], NEWER);
    assert_eq!(
        (flag.model(), flag.var("A").as_deref()),
        (Some("c"), Some("9"))
    );
}

/// From 2.0.77 and 2.1.330.
#[test]
fn an_empty_list_of_sources_leaves_the_command_line_and_the_machine() {
    let rules = |rule: &str| json!({"permissions": {"allow": [rule]}, "hooks": {}, "model": "x"});
    let stage = Stage::new(&[
        (USER, rules("Bash(u)")),
        (PROJECT, rules("Bash(p)")),
        (LOCAL, rules("Bash(l)")),
        ("managed.json", rules("Bash(m)")),
    ]);
    let names = |args: &[&str]| -> Vec<&str> {
        let settings = stage.read(args, OLDER);
        settings
            .layers()
            .iter()
            .map(|layer| layer.source.name())
            .collect()
    };
    assert_eq!(names(&["--setting-sources", ""]), ["policySettings"]);
    assert_eq!(
        names(&["--setting-sources", "user,local"]),
        ["userSettings", "localSettings", "policySettings"]
    );
    assert_eq!(
        names(&["--setting-sources=", "--settings", "{}"]),
        ["flagSettings", "policySettings"]
    );
    assert_eq!(names(&[]).len(), 4);
}

/// From 2.1.330; 2.0.77 asks for no trust.
#[test]
fn a_project_that_nobody_trusts_allows_nothing() {
    let project = json!({"permissions": {
        "allow": ["Bash(a)", "Bash(b)"], "deny": ["Bash(c)"], "additionalDirectories": ["../x"],
        "defaultMode": "bypassPermissions",
    }});
    let stage = Stage::new(&[(PROJECT, project)]);
    let held = |settings: &Settings| {
        settings
            .permissions(&options(&[]), &NEWER, &stage.places())
            .rules
            .len()
    };
    let settings = stage.read(&[], NEWER);
    assert_eq!(
        (held(&settings), settings.mode(&options(&[])).as_str()),
        (1, "default")
    );
    let said = settings.distrust(&NEWER, &stage.places());
    assert!(
        said[0].starts_with("Ignoring 2 permissions.allow entries from .claude/settings.json: "),
        "{said:?}"
    );
    assert!(
        said[1].starts_with("Ignoring 1 permissions.additionalDirectories entry "),
        "{said:?}"
    );
    assert_eq!(held(&stage.read(&[], OLDER)), 3);
    let config =
        json!({"projects": {stage.cwd.to_str().unwrap(): {"hasTrustDialogAccepted": true}}});
    fs::create_dir_all(stage.home.config_file.parent().unwrap()).unwrap();
    fs::write(&stage.home.config_file, config.to_string()).unwrap();
    // Another run: each reads the configuration once.
    let stage = stage.again();
    let trusted = stage.read(&[], NEWER);
    assert_eq!(
        (held(&trusted), trusted.mode(&options(&[])).as_str()),
        (3, "bypassPermissions")
    );
    assert_eq!(trusted.distrust(&NEWER, &stage.places()), [""; 0]);
}

/// From 2.1.330.
#[test]
fn anybody_can_turn_hooks_and_bypassing_off() {
    let stage = Stage::new(&[(
        USER,
        json!({"hooks": {"Stop": []}, "permissions": {"disableBypassPermissionsMode": "disable"}}),
    )]);
    assert_eq!(stage.read(&[], NEWER).hooks().len(), 1);
    let off = stage.read(&["--settings", r#"{"disableAllHooks":true}"#], NEWER);
    assert_eq!(off.hooks().len(), 0);
    let skipping = options(&["--dangerously-skip-permissions"]);
    assert_eq!(off.mode(&skipping), "default");
}
