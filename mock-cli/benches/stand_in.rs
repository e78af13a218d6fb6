//! What a call of the stand-in costs beside the floor: a process that does nothing, and a Rust program of five lines.
//!
//! `cargo bench --bench stand_in`. All are started in turn, round by round, so that a machine whose speed drifts slows
//! them all; what to quote is the median of the ratios within a round, or on a busy machine the shortest times. With
//! `CLAUDELESS=path/to/claudeless` another stand-in is started beside it.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: usize = 100;

const FIVE_LINES: &str = r#"
fn main() {
    println!("Hi there");
}
"#;

const TURN: [&str; 5] = ["-p", "hi", "--output-format", "stream-json", "--verbose"];
const JSON: [&str; 4] = ["-p", "hi", "--output-format", "json"];

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let mut rows = vec![
        Row::new("/bin/true", "/bin/true", &[]),
        Row::new("five lines of Rust", five_lines(folder), &[]),
    ];
    let floor = rows.len() - 1;
    rows.extend(stand_in(folder));
    rows.extend(std::env::var_os("CLAUDELESS").map_or_else(Vec::new, |at| claudeless(at, folder)));
    for round in 0..=ROUNDS {
        for row in &mut rows {
            let times = row.start(folder);
            // The first round warms the caches.
            if round > 0 {
                row.times.push(times);
            }
        }
    }
    println!(
        "shortest and median times of {ROUNDS} rounds; the ratio is to the program of five lines, round by round\n"
    );
    println!(
        "{:36} {:>7} {:>10} {:>6} {:>10} {:>10} {:>6}",
        "", "first", "byte", "ratio", "exit", "", "ratio"
    );
    for row in &rows {
        let column = |pick: fn(&Times) -> Duration| {
            let own: Vec<f64> = row.times.iter().map(|t| pick(t).as_secs_f64()).collect();
            let five = rows[floor].times.iter().map(|t| pick(t).as_secs_f64());
            let ratios = own.iter().zip(five).map(|(own, five)| own / five).collect();
            format!(
                "{:>7.2} {:>7.2} ms {:>6.2}",
                own.iter().copied().fold(f64::INFINITY, f64::min) * 1e3,
                median(own) * 1e3,
                median(ratios)
            )
        };
        let first = match row.times.iter().all(|t| t.first.is_some()) {
            true => column(|t| t.first.unwrap_or(t.exit)),
            false => format!("{:>7} {:>10} {:>6}", "-", "-", "-"),
        };
        println!("{:36} {first} {}", row.name, column(|t| t.exit));
    }
}

/// What is started in every round.
struct Row {
    name: String,
    program: PathBuf,
    args: Vec<OsString>,
    env: Vec<(&'static str, PathBuf)>,
    ledger: Option<PathBuf>,
    times: Vec<Times>,
}

/// How long one start took.
struct Times {
    /// Until the first byte; None where there was none.
    first: Option<Duration>,
    exit: Duration,
}

impl Row {
    fn new(name: &str, program: impl Into<PathBuf>, args: &[&str]) -> Row {
        Row {
            name: name.to_owned(),
            program: program.into(),
            args: args.iter().map(OsString::from).collect(),
            env: Vec::new(),
            ledger: None,
            times: Vec::new(),
        }
    }

    /// A timed start; where there is a ledger, into one that holds a single call: most tests make but a few.
    fn start(&self, folder: &Path) -> Times {
        if let Some(ledger) = &self.ledger {
            if ledger.exists() {
                fs::remove_dir_all(ledger).expect("an old ledger");
            }
            self.time(folder);
        }
        self.time(folder)
    }

    fn time(&self, folder: &Path) -> Times {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folder.join("home"))
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .envs(self.ledger.iter().map(|it| ("MOCK_CLAUDE_LEDGER", it)))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let started = Instant::now();
        let mut child = command.spawn().expect("it starts");
        let mut stdout = child.stdout.take().expect("it has a stdout");
        let mut bytes = [0; 1 << 16];
        let first = stdout.read(&mut bytes).expect("its stdout can be read");
        let first = (first > 0).then(|| started.elapsed());
        while stdout.read(&mut bytes).expect("its stdout can be read") > 0 {}
        let status = child.wait().expect("it ends");
        assert!(status.success(), "{command:?}: {status}");
        Times {
            first,
            exit: started.elapsed(),
        }
    }
}

fn stand_in(folder: &Path) -> Vec<Row> {
    let program = Path::new(env!("CARGO_BIN_EXE_mock-claude"));
    let script = folder.join("script.json");
    let entries = r#"{"calls":[{"times":1000000,"do":[{"say":"Hi there"}]}]}"#;
    fs::write(&script, entries).expect("a script");
    let row = |name: &str, args: &[&str]| {
        let mut row = Row::new(&format!("mock-claude {name}"), program, args);
        row.env.push(("MOCK_CLAUDE_SCRIPT", script.clone()));
        row
    };
    let with_ledger = |name: &str, args: &[&str]| {
        let mut row = row(&format!("{name}, ledger"), args);
        row.ledger = Some(folder.join(format!("ledger {}", row.name)));
        row
    };
    let no_transcript = [&TURN[..], &["--no-session-persistence"]].concat();
    vec![
        row("--version", &["--version"]),
        row("--help", &["--help"]),
        with_ledger("text turn", &TURN),
        with_ledger("text turn, no transcript", &no_transcript),
        row("text turn", &TURN),
        row("text turn, no transcript", &no_transcript),
        with_ledger("json", &JSON),
    ]
}

fn claudeless(program: OsString, folder: &Path) -> Vec<Row> {
    let scenario = folder.join("scenario.toml");
    fs::write(&scenario, "[default]\nsay = \"Hi there\"\n").expect("a scenario");
    let scenario = scenario.to_str().expect("a path in UTF-8");
    let row = |name: &str, args: &[&str]| {
        let args = [&["--scenario", scenario], args].concat();
        let mut row = Row::new(&format!("claudeless {name}"), &program, &args);
        // Else it waits for 20 ms before each answer.
        row.env.push(("CLAUDELESS_RESPONSE_DELAY_MS", "0".into()));
        row
    };
    let no_transcript = [&TURN[..], &["--no-session-persistence"]].concat();
    vec![
        Row::new("claudeless --version", &program, &["--version"]),
        Row::new("claudeless --help", &program, &["--help"]),
        row("text turn", &TURN),
        row("text turn, no transcript", &no_transcript),
        row("json", &JSON),
    ]
}

/// The smallest program that says something.
fn five_lines(folder: &Path) -> PathBuf {
    let (source, program) = (folder.join("five.rs"), folder.join("five"));
    fs::write(&source, FIVE_LINES).expect("a source file");
    let compiled = Command::new("rustc")
        .arg("-O")
        .arg(&source)
        .arg("-o")
        .arg(&program)
        .status();
    assert!(
        compiled.expect("rustc starts").success(),
        "{FIVE_LINES} cannot be compiled"
    );
    program
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
