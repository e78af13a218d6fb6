//! The words that environment files choose from.

use crate::yaml::{InputError, Node};

/// Declares an enum whose variants have a word each in data files, lists and reports.
macro_rules! words {
    ($(#[$about:meta])* $name:ident, $what:literal, { $($(#[$doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name {
            $($(#[$doc])* $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in data files, lists and reports.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            pub(crate) fn read(node: Node<'_>) -> Result<Self, InputError> {
                node.one_of($what, &[$(($word, Self::$variant)),+])
            }
        }
    };
}

words! {
    /// How sure we are of an environment or a layout.
    Provenance, "provenance", {
        /// Observed by us on the real thing.
        Measured = "measured",
        /// Taken from documentation or from reports of the real thing.
        Documented = "documented",
        /// Put together from general knowledge.
        Approximated = "approximated",
    }
}

words! {
    /// The operating system that an environment is of.
    System, "system", {
        /// macOS.
        Macos = "macos",
        /// Linux.
        Linux = "linux",
        /// Windows, of which there are no stages yet.
        Windows = "windows",
    }
}

words! {
    /// How the CLI's user is logged in.
    Login, "login", {
        /// By `ANTHROPIC_API_KEY` in the environment.
        Key = "key",
        /// By a subscription, as the CLI's `/login` leaves it in `~/.claude/.credentials.json`.
        Subscription = "subscription",
        /// By a subscription whose token was good until some time ago; the API refuses it.
        Expired = "expired",
        /// By a subscription that the login keychain of macOS holds, for the user whom `USER` names.
        Keychain = "keychain",
        /// By the same in a keychain that cannot be read, as over ssh.
        KeychainLocked = "keychain-locked",
        /// Nobody is.
        None = "none",
    }
}

words! {
    /// What sort of launcher an environment is of.
    Kind, "kind of environment", {
        /// A person at a shell.
        Terminal = "terminal",
        /// A desktop: its launcher, or a desktop app that starts a server.
        Desktop = "desktop",
        /// An init system or a scheduler.
        Service = "service",
        /// A remote login, or a change of user.
        Ssh = "ssh",
        /// A container.
        Container = "container",
        /// An editor.
        Ide = "ide",
        /// A runner of continuous integration.
        Ci = "ci",
    }
}

words! {
    /// Where a process starts.
    Cwd, "working directory", {
        /// `/`: the host's own.
        Root = "root",
        /// The home folder.
        Home = "home",
        /// The project that the user works on.
        Project = "project",
    }
}

words! {
    /// What a standard stream is connected to.
    Stdio, "kind of standard stream", {
        /// `/dev/null`.
        Null = "null",
        /// A pipe whose other end is read.
        Pipe = "pipe",
        /// A pipe whose reader is gone as soon as the process has started: writing fails with `EPIPE`. As
        /// input it is at its end.
        DeadReader = "dead-reader",
        /// The controlling terminal.
        Terminal = "terminal",
        /// Nothing: the descriptor is not open.
        Closed = "closed",
    }
}

words! {
    /// Who a process runs as.
    Uid, "kind of user", {
        /// Root.
        Root = "root",
        /// Anybody else.
        User = "user",
    }
}

words! {
    /// Who ends what a backend leaves behind when it ends.
    Children, "one who ends children", {
        /// All of them: systemd ends the cgroup, a container its processes.
        Cgroup = "cgroup",
        /// Those in the backend's process group, as launchd does.
        Group = "group",
        /// The app ends the backend itself, and nothing that the backend started.
        App = "app",
        /// Nobody.
        Nobody = "nobody",
    }
}
