//! Why a command line cannot be checked before it runs, as the versions say it.

/// Something that is known only when the command runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::permissions) enum Unclear {
    /// It is no command line.
    Unparsed,
    /// A command whose output is an argument.
    Nested,
    /// Backquotes without a command.
    EmptyNested,
    /// A command whose output is all of a quoted text.
    QuotedText,
    /// A command whose output is a file.
    Process,
    /// A variable.
    Variable,
    /// A variable that the line itself sets.
    SetVariable,
    /// `${…}`
    Braced,
    /// Arithmetic with names.
    Arithmetic(String),
    /// `$'…'`
    Codes,
    /// Several values in parentheses.
    List,
    /// `{a,b}`
    Braces,
    /// `{1..3}`
    Range,
    /// A blank after a backslash.
    EscapedBlank,
    /// A program without a name.
    EmptyName,
    /// `{ …; }` and `((…))`
    Group,
    /// Parentheses with a redirection.
    Subshell,
    /// A conditional with a redirection.
    Conditional,
    /// A loop with a condition, redirected.
    While,
    /// A loop over words, redirected.
    For,
    /// `for ((…))`
    Counting,
    /// `select`
    Select,
    /// `case`
    Case,
    /// A function.
    Function,
    /// Arguments after the target of a redirection.
    Swallowed,
    /// A file of which a part is a variable.
    TargetGap,
    /// A redirection of a rare kind.
    OddRedirect,
    /// A here-document in which the shell expands.
    Document,
    /// A here-document and a file.
    DocumentThenFile,
    /// A here-document and more on its line.
    DocumentThenMore,
    /// Another piece of syntax.
    Syntax(&'static str),
}

impl Unclear {
    /// What it is called in a sentence, by the names of versions that speak plainly and of those that name syntax.
    fn names(&self) -> Option<(&'static str, &'static str)> {
        Some(match self {
            Unclear::Nested => ("A nested command", "command_substitution"),
            Unclear::QuotedText => ("Quoted text", "(string)"),
            Unclear::Process => ("A command used as a file", "process_substitution"),
            Unclear::Variable => ("A variable", "simple_expansion"),
            Unclear::SetVariable => ("A variable set", "(variable_assignment)"),
            Unclear::Braced => ("A variable in braces", "expansion"),
            Unclear::Codes => ("Text with escape codes", "ansi_c_string"),
            Unclear::List => ("A list of values", "(array)"),
            Unclear::Range => ("A brace pattern", "brace_expression"),
            Unclear::Group => (
                "A group in braces or double parentheses",
                "compound_statement",
            ),
            Unclear::Subshell => ("A group in parentheses", "subshell"),
            Unclear::Conditional => ("An if statement", "if_statement"),
            Unclear::While => ("A while or until loop", "while_statement"),
            Unclear::For => ("A for or select loop", "for_statement"),
            Unclear::Counting => ("A counting for loop", "(c_style_for_statement)"),
            Unclear::Case => ("A case statement", "case_statement"),
            Unclear::Function => ("A function definition", "function_definition"),
            Unclear::DocumentThenFile => ("A file redirect", "(file_redirect)"),
            _ => return None,
        })
    }

    /// The reason that people are told.
    pub(in crate::permissions) fn reason(&self, plain: bool) -> String {
        if let Some((name, syntax)) = self.names() {
            return match (plain, syntax.starts_with('(')) {
                (true, _) => format!("{name} in this command can't be checked before it runs"),
                (false, true) => {
                    format!("Contains shell syntax {syntax} that cannot be statically analyzed")
                }
                (false, false) => format!("Contains {syntax}"),
            };
        }
        let fixed = match self {
            Unclear::Syntax(syntax) if !plain => {
                return format!(
                    "Contains shell syntax ({syntax}) that cannot be statically analyzed"
                );
            }
            Unclear::DocumentThenMore if !plain => {
                "Contains shell syntax (command) that cannot be statically analyzed"
            }
            Unclear::EmptyNested if !plain => "Parser did not consume trailing input",
            Unclear::Arithmetic(inside) => {
                return format!(
                    "Arithmetic expansion references variable or non-literal: {inside}"
                );
            }
            Unclear::EmptyNested => {
                "empty backtick substitution — bash joins the surrounding words, so the parsed command boundaries cannot be trusted"
            }
            Unclear::Braces => "Brace expansion",
            Unclear::EscapedBlank => "Contains backslash-escaped whitespace",
            Unclear::EmptyName => "Empty command name — argv[0] may not reflect what bash runs",
            Unclear::Select => "select statement reads stdin into $REPLY; cannot statically model",
            Unclear::Swallowed => "Redirect has multiple targets — post-redirect args swallowed",
            Unclear::TargetGap => {
                "Redirect target concatenation contains $/` — unanalyzable gap or substitution"
            }
            Unclear::OddRedirect => "Unrecognized redirect shape",
            Unclear::Document => "Heredoc with unquoted delimiter undergoes shell expansion",
            Unclear::DocumentThenMore => {
                "Text after the heredoc start on the same line cannot be statically analyzed"
            }
            Unclear::Unparsed => "Parse error",
            _ => "This command can't be checked before it runs",
        };
        fixed.to_owned()
    }
}
