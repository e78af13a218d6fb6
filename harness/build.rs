//! Rebuilds the harness when a file changes that is embedded in it.

fn main() {
    for folder in ["scenarios", "snapshots", "harness/src/stage"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
