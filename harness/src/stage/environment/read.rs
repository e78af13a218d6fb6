//! Reading an environment: a whole one, or what one changes of another.

use super::{
    Children, Cwd, Environment, Kind, Login, PathContent, PathDir, Provenance, Stdio, System, Uid,
};
use crate::stage::shell::Rc;
use crate::yaml::{InputError, Map, Node};

/// What a scenario can change of an environment, and a file can say.
const CHANGES: &[&str] = &[
    "base",
    "home",
    "user",
    "uid",
    "shell",
    "rc",
    "reads_rc",
    "tmp",
    "path",
    "variables",
    "unset",
    "login",
    "cwd",
    "stdin",
    "stdout",
    "stderr",
    "terminal",
    "new_session",
    "read_only_app",
    "utility_process",
    "children_end_with",
    "umask",
    "nofile",
    "core",
];
/// What only a file says.
const NAMED: &[&str] = &[
    "name",
    "about",
    "provenance",
    "limits",
    "supported",
    "reason",
    "system",
    "kind",
];

impl Environment {
    /// Reads an environment from its data file. `base` gives the environment that a name stands for.
    ///
    /// # Errors
    /// It does not have the form of an environment, or its base is wrong.
    pub fn read(
        node: Node<'_>,
        base: impl FnOnce(Node<'_>) -> Result<Self, InputError>,
    ) -> Result<Self, InputError> {
        let known: Vec<&str> = NAMED.iter().chain(CHANGES).copied().collect();
        let map = node.map("an environment", &known)?;
        let mut base = map.optional("base", base)?;
        let supported = map.optional("supported", |node| node.boolean())?;
        let reason = map.optional("reason", |node| node.filled().map(str::to_owned))?;
        let unsupported = match (supported.unwrap_or(true), reason) {
            (true, None) => None,
            (false, Some(reason)) => Some(reason),
            (false, None) => {
                return Err(node.error("an environment that is not supported has a `reason`"));
            }
            (true, Some(_)) => {
                return Err(node.error("`reason` says why an environment is not supported"));
            }
        };
        if unsupported.is_some() {
            base.get_or_insert_with(Self::blank);
        }
        let mut all = changed(base, &map)?;
        // These are its own, whatever it builds on.
        all.unsupported = unsupported;
        all.name = map.required("name")?.text()?.to_owned();
        all.about = map.required("about")?.text()?.to_owned();
        all.provenance = Provenance::read(map.required("provenance")?)?;
        // What the base cannot enforce, this one cannot either.
        all.limits.extend(
            map.optional("limits", |node| node.texts())?
                .unwrap_or_default(),
        );
        Ok(all)
    }

    /// Reads what a scenario changes of an environment: the form of a file, without what lists show.
    ///
    /// # Errors
    /// It does not have that form, or its base is wrong.
    pub fn read_changes(
        node: Node<'_>,
        base: impl FnOnce(Node<'_>) -> Result<Self, InputError>,
    ) -> Result<Self, InputError> {
        let map = node.map("an environment of a scenario", CHANGES)?;
        let base = base(map.required("base")?)?;
        if base.unsupported.is_some() {
            return Ok(base);
        }
        changed(Some(base), &map)
    }
}

/// The base with what was written over it; without a base all that has no usual value must be written.
fn changed(base: Option<Environment>, map: &Map<'_>) -> Result<Environment, InputError> {
    let whole = base.is_none();
    let mut all = base.unwrap_or_else(Environment::blank);
    let must = [
        "system",
        "kind",
        "home",
        "user",
        "shell",
        "tmp",
        "path",
        "variables",
        "login",
        "cwd",
        "stdin",
        "stdout",
        "stderr",
        "new_session",
        "umask",
        "nofile",
        "core",
    ];
    if whole {
        for key in must {
            map.required(key)?;
        }
    }
    if let Some(node) = map.get("shell") {
        shell(&mut all, node)?;
    }
    if let Some(node) = map.get("rc") {
        for (key, name, text) in node.entries()? {
            all.rc.insert(rc_file(key, name)?, text.text()?.to_owned());
        }
    }
    if let Some(node) = map.get("path") {
        let dirs = node.list()?.into_iter();
        all.path = dirs
            .map(|node| path_dir(node, &all.path))
            .collect::<Result<_, _>>()?;
    }
    if let Some(node) = map.get("unset") {
        unset(&mut all.variables, node)?;
    }
    if let Some(node) = map.get("variables") {
        for (name, value) in variables(node)? {
            all.variables.retain(|(known, _)| *known != name);
            all.variables.push((name, value));
        }
    }
    set(map, "system", &mut all.system, System::read)?;
    set(map, "kind", &mut all.kind, Kind::read)?;
    set(map, "home", &mut all.home, text)?;
    set(map, "user", &mut all.user, text)?;
    set(map, "uid", &mut all.uid, Uid::read)?;
    set(map, "reads_rc", &mut all.reads_rc, |node| node.boolean())?;
    set(map, "tmp", &mut all.tmp, text)?;
    set(map, "login", &mut all.login, Login::read)?;
    set(map, "cwd", &mut all.cwd, Cwd::read)?;
    set(map, "stdin", &mut all.stdin, Stdio::read)?;
    set(map, "stdout", &mut all.stdout, Stdio::read)?;
    set(map, "stderr", &mut all.stderr, Stdio::read)?;
    set(map, "terminal", &mut all.terminal, |node| node.boolean())?;
    set(map, "new_session", &mut all.new_session, |node| {
        node.boolean()
    })?;
    set(map, "read_only_app", &mut all.read_only_app, |node| {
        node.boolean()
    })?;
    set(map, "utility_process", &mut all.utility_process, |node| {
        node.boolean()
    })?;
    set(
        map,
        "children_end_with",
        &mut all.children_end_with,
        Children::read,
    )?;
    set(map, "umask", &mut all.umask, umask)?;
    set(map, "nofile", &mut all.nofile, limit)?;
    set(map, "core", &mut all.core, limit)?;
    on_a_terminal(&all, map)?;
    Ok(all)
}

fn set<T>(
    map: &Map<'_>,
    key: &str,
    to: &mut T,
    read: impl FnOnce(Node<'_>) -> Result<T, InputError>,
) -> Result<(), InputError> {
    if let Some(value) = map.optional(key, read)? {
        *to = value;
    }
    Ok(())
}

/// A terminal is there as long as somebody holds its other end, which is done for a stream that is on it.
fn on_a_terminal(all: &Environment, map: &Map<'_>) -> Result<(), InputError> {
    let streams = [all.stdin, all.stdout, all.stderr];
    if !all.terminal && streams.contains(&Stdio::Terminal) {
        return Err(map
            .node()
            .error("a stream is on a terminal, but there is none")
            .with_help("add `terminal: true`"));
    }
    if all.terminal && all.stdin == Stdio::Pipe {
        return Err(map
            .node()
            .error("with a terminal, `stdin` cannot be a pipe")
            .with_help("it can be `terminal`, `null`, `dead-reader` or `closed`"));
    }
    Ok(())
}

fn text(node: Node<'_>) -> Result<String, InputError> {
    node.text().map(str::to_owned)
}

fn limit(node: Node<'_>) -> Result<u64, InputError> {
    Ok(node.integer(0..=i64::MAX)?.unsigned_abs())
}

fn umask(node: Node<'_>) -> Result<u32, InputError> {
    match u32::from_str_radix(node.text()?, 8) {
        Ok(mask) if mask <= 0o777 => Ok(mask),
        _ => Err(node.expected("an octal mask from \"000\" to \"777\"")),
    }
}

/// A path, or a path and what the startup file does.
fn shell(all: &mut Environment, node: Node<'_>) -> Result<(), InputError> {
    if node.is_text() {
        all.shell = text(node)?;
        return Ok(());
    }
    let map = node.map("a shell", &["path", "rc"])?;
    set(&map, "path", &mut all.shell, text)?;
    if let Some(rc) = map.optional("rc", Rc::read)? {
        all.shell_rc = Some(rc);
    }
    Ok(())
}

/// Startup files lie in HOME or in `/etc`.
fn rc_file(key: Node<'_>, name: &str) -> Result<String, InputError> {
    let below = name.strip_prefix("/etc/").unwrap_or(name);
    let plain = !below.is_empty() && below != "." && below != ".." && !below.contains(['/', '\0']);
    if plain {
        Ok(name.to_owned())
    } else {
        Err(key
            .error("a startup file is a name in HOME, as `.bashrc`, or in /etc, as `/etc/profile`"))
    }
}

fn unset(variables: &mut Vec<(String, String)>, node: Node<'_>) -> Result<(), InputError> {
    if node.is_text() {
        node.one_of("choice: name them in a list, or say", &[("all", ())])?;
        variables.clear();
        return Ok(());
    }
    for item in node.list()? {
        let name = item.text()?;
        let before = variables.len();
        variables.retain(|(known, _)| known != name);
        if variables.len() == before {
            let known: Vec<&str> = variables.iter().map(|(known, _)| known.as_str()).collect();
            return Err(item.unknown("variable of the base", name, &known));
        }
    }
    Ok(())
}

/// A directory; without content it has what the base has there.
fn path_dir(node: Node<'_>, base: &[PathDir]) -> Result<PathDir, InputError> {
    let map = node.map("a directory of PATH", &["at", "tools", "same_as"])?;
    let at = map.required("at")?.text()?.to_owned();
    let content = match (map.get("tools"), map.get("same_as")) {
        (Some(tools), None) => PathContent::Tools(
            tools
                .list()?
                .into_iter()
                .map(tool_name)
                .collect::<Result<_, _>>()?,
        ),
        (None, Some(other)) => PathContent::SameAs(other.text()?.to_owned()),
        (None, None) => match base.iter().find(|dir| dir.at == at) {
            Some(dir) => dir.content.clone(),
            None => {
                return Err(node.error(
                    "a directory of PATH that the base does not have needs `tools` or `same_as`",
                ));
            }
        },
        _ => return Err(node.error("a directory of PATH has either `tools` or `same_as`")),
    };
    Ok(PathDir { at, content })
}

fn tool_name(node: Node<'_>) -> Result<String, InputError> {
    let name = node.text()?;
    if name.is_empty() || name.contains(['/', '\0']) || matches!(name, "." | "..") {
        return Err(node.error(format!("`{name}` is not the name of a command")));
    }
    Ok(name.to_owned())
}

/// Reads variables, in the order in which they are written.
pub(crate) fn variables(node: Node<'_>) -> Result<Vec<(String, String)>, InputError> {
    node.entries()?
        .into_iter()
        .map(|(key, name, value)| {
            if name.is_empty() || name.contains(['=', '\0']) {
                return Err(key.error(format!("`{name}` is not the name of a variable")));
            }
            let text = value.text()?;
            if text.contains('\0') {
                return Err(value.error("a variable cannot hold a NUL character"));
            }
            Ok((name.to_owned(), text.to_owned()))
        })
        .collect()
}
