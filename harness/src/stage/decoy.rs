//! Things under the CLI's name that are not the CLI that is wanted. What goes wrong with them is the system's own doing.

use super::build::Builder;
use super::error::StageError;
use super::ground::OWN;
use super::layout::Decoy;
use super::pieces::json;
use mock_claude::profile::Profile;
use std::path::Path;

/// A path that no system has.
const NOWHERE: &str = "/nonexistent/claude-harness/loader";

impl Builder<'_> {
    pub(super) fn decoy(&self, at: &Path, kind: Decoy) -> Result<(), StageError> {
        match kind {
            Decoy::Directory => self.ground.folder(at).map(drop),
            Decoy::NotExecutable => self.ground.file(at, b"#!/bin/sh\n", 0o644),
            Decoy::NoInterpreter => {
                let text = format!("#!{NOWHERE}\n");
                self.ground.file(at, text.as_bytes(), 0o755)
            }
            Decoy::NoLoader => self.ground.file(at, &elf(this_machine()), 0o755),
            Decoy::OtherMachine => self.ground.file(at, &elf(another_machine()), 0o755),
            Decoy::OtherVersion => {
                let other = Profile::all()
                    .iter()
                    .map(|profile| &profile.version)
                    .find(|version| *version != self.version());
                let mut script = self.plan.script.clone();
                script.profile = other.cloned();
                let file = self.root.join(OWN).join("other-version.json");
                if file.symlink_metadata().is_err() {
                    let text = json(&script, &file)?;
                    self.ground.file(&file, text.as_bytes(), 0o644)?;
                }
                self.native_with(at, file)
            }
        }
    }
}

const X86_64: u16 = 62;
const AARCH64: u16 = 183;

/// The number of this machine's kind in an executable.
pub(super) fn this_machine() -> u16 {
    if cfg!(target_arch = "aarch64") {
        AARCH64
    } else {
        X86_64
    }
}

/// The number of the other kind that desktops have.
pub(super) fn another_machine() -> u16 {
    X86_64 + AARCH64 - this_machine()
}

/// A dynamically linked executable whose loader does not exist: 64 bits, little-endian.
///
/// It has no code; the kernel looks at the machine (`execve`: ENOEXEC), and for the loader (ENOENT), before it would run any.
pub(super) fn elf(machine: u16) -> Vec<u8> {
    const HEADER: u64 = 64;
    const SEGMENT: u16 = 56;
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0];
    file.resize(16, 0);
    file.extend(2_u16.to_le_bytes()); // ET_EXEC
    file.extend(machine.to_le_bytes());
    file.extend(1_u32.to_le_bytes()); // EV_CURRENT
    file.extend(0x40_0000_u64.to_le_bytes()); // the entry point
    file.extend(HEADER.to_le_bytes()); // where the segments are told
    file.extend(0_u64.to_le_bytes()); // no sections
    file.extend(0_u32.to_le_bytes()); // no flags
    for number in [64_u16, SEGMENT, 1, 64, 0, 0] {
        file.extend(number.to_le_bytes());
    }
    // The one segment: PT_INTERP, readable, with the loader's path and a NUL.
    let (at, length) = (HEADER + u64::from(SEGMENT), NOWHERE.len() as u64 + 1);
    file.extend(3_u32.to_le_bytes());
    file.extend(4_u32.to_le_bytes());
    for number in [at, at, at, length, length, 1] {
        file.extend(number.to_le_bytes());
    }
    file.extend(NOWHERE.as_bytes());
    file.push(0);
    file
}
