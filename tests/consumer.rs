//! `test_main!` works from another crate, with its own scenarios, snapshots and test binary.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn another_crate_runs_its_own_scenarios_as_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = root.join("target/consumer");
    let package = target.join("package");
    let _ = fs::remove_dir_all(&package);
    copy(&root.join("tests/fixtures/consumer"), &package);
    let manifest = package.join("Cargo.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("../../..", root.to_str().unwrap())).unwrap();
    // The same versions as here, so that nothing need be fetched.
    fs::copy(root.join("Cargo.lock"), package.join("Cargo.lock")).unwrap();

    // A target folder of its own: the one of this build may be locked by another cargo.
    let output = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--manifest-path"])
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&target)
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}\n{stderr}");
    let passed = |line: &str| line.starts_with("test hello::default ") && line.ends_with("... ok");
    assert!(stdout.lines().any(passed), "{stdout}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let at = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &at);
        } else {
            fs::copy(entry.path(), at).unwrap();
        }
    }
}
