//! `test_main!` works from another crate, with its own scenarios, snapshots and test binary.

use std::path::Path;
use std::process::Command;

#[test]
fn another_crate_runs_its_own_scenarios_as_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A folder of its own: the one of this build may be locked by another cargo.
    let output = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--manifest-path"])
        .arg(root.join("tests/fixtures/consumer/Cargo.toml"))
        .arg("--target-dir")
        .arg(root.join("target/consumer"))
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert!(stdout.contains("test hello::default ... ok"), "{stdout}");
}
