//! A process of a run that does as it is told over a socket, step by step, so that no test has to guess when.

use std::ffi::CString;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The first argument that makes the test binary an actor: `<flag> <socket> <name>`.
pub(crate) const FLAG: &str = "--actor";

/// Announces itself as `<name> <pid>`, then answers every line with one line.
pub(crate) fn main(arguments: &[String]) -> ! {
    let [socket, name] = arguments else {
        panic!("an actor needs a socket and a name")
    };
    let mut control = UnixStream::connect(socket).expect("the test listens");
    writeln!(control, "{name} {}", std::process::id()).expect("the test listens");
    let lines = BufReader::new(control.try_clone().expect("a second descriptor")).lines();
    let mut state = State {
        socket: socket.clone(),
        children: Vec::new(),
        listeners: Vec::new(),
        files: Vec::new(),
    };
    for line in lines {
        // The test is over, or has failed.
        let Ok(line) = line else { break };
        let words: Vec<&str> = line.split(' ').collect();
        if words == ["vanish"] {
            break;
        }
        let reply = state.obey(&words);
        if writeln!(control, "{reply}").is_err() {
            break;
        }
    }
    drop(control);
    loop {
        std::thread::park();
    }
}

struct State {
    socket: String,
    children: Vec<Child>,
    listeners: Vec<TcpListener>,
    files: Vec<std::fs::File>,
}

impl State {
    fn obey(&mut self, words: &[&str]) -> String {
        match words {
            ["spawn", name, how @ ..] => {
                let mut command = Command::new(std::env::current_exe().expect("a path"));
                command.args([FLAG, &self.socket, name]);
                if how.contains(&"cleared") {
                    command.env_clear();
                }
                command.stdin(Stdio::null());
                let child = command.spawn().expect("a process");
                let pid = child.id();
                self.children.push(child);
                pid.to_string()
            }
            ["torture", escapes] => {
                let mut command = Command::new(std::env::current_exe().expect("a path"));
                command.args([crate::torture::FLAG, &self.socket, escapes, "0"]);
                let child = command.stdin(Stdio::null()).spawn().expect("a process");
                let pid = child.id();
                self.children.push(child);
                pid.to_string()
            }
            ["reap"] => {
                for mut child in self.children.drain(..) {
                    child.wait().expect("a status");
                }
                "reaped".to_string()
            }
            ["exit", code] => std::process::exit(code.parse().expect("a code")),
            ["setsid"] => format!("{:?}", rustix::process::setsid()),
            ["defy"] => {
                for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
                    signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))
                        .expect("a handler");
                }
                "defies".to_string()
            }
            ["close"] => {
                close_standard_descriptors();
                "closed".to_string()
            }
            ["rename", name] => rename(&CString::new(*name).expect("a name")),
            ["print", text @ ..] => {
                println!("{}", text.join(" "));
                "printed".to_string()
            }
            ["flood", count] => {
                for number in 0..count.parse::<u32>().expect("a number") {
                    println!("line {number} {}", "x".repeat(80));
                }
                "flooded".to_string()
            }
            ["listen", address] => {
                let listener = TcpListener::bind(address).expect("a free port");
                let port = listener.local_addr().expect("an address").port();
                self.listeners.push(listener);
                port.to_string()
            }
            ["open", files @ ..] => {
                for file in files {
                    self.files
                        .push(std::fs::File::create(file).expect("a file"));
                }
                "opened".to_string()
            }
            ["spin"] => {
                std::thread::spawn(|| {
                    let mut number = 0_u64;
                    loop {
                        number = std::hint::black_box(number.wrapping_add(1));
                    }
                });
                "spins".to_string()
            }
            _ => panic!("an actor cannot {words:?}"),
        }
    }
}

#[expect(
    unsafe_code,
    reason = "no safe interface closes the standard descriptors"
)]
fn close_standard_descriptors() {
    for descriptor in 0..=2 {
        // SAFETY: nothing in this process uses them from here on; it speaks over its socket only.
        unsafe { rustix::io::close(descriptor) }
    }
}

#[cfg(target_os = "linux")]
fn rename(name: &std::ffi::CStr) -> String {
    format!("{:?}", rustix::thread::set_name(name))
}

#[cfg(not(target_os = "linux"))]
fn rename(_name: &std::ffi::CStr) -> String {
    "only Linux lets a process change its name in the listing".to_string()
}
