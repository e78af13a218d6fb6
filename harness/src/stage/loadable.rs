//! What an executable file needs to be executed, and the system has not: ENOENT of a file that is there.

use object::read::elf::{FileHeader as _, ProgramHeader as _};
use object::{Architecture, FileKind, Object as _, ReadCache};
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// What keeps the system from executing a file that is there and that it may execute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// The loader that it names is missing (`execve`: ENOENT), as a musl binary's on a glibc system.
    Loader(PathBuf),
    /// The interpreter of its first line is missing (`execve`: ENOENT).
    Interpreter(PathBuf),
    /// It is for another kind of processor (`execve`: ENOEXEC, on macOS EBADARCH).
    Machine(String),
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loader(path) => write!(f, "its loader {} is not here", path.display()),
            Self::Interpreter(path) => write!(f, "its interpreter {} is not here", path.display()),
            Self::Machine(machine) => write!(f, "it is for {machine}, and this machine is another"),
        }
    }
}

/// What a file lacks to be executed; None where nothing is known to be missing, or it cannot be read.
pub fn lack(path: &Path) -> Option<Lack> {
    let mut file = File::open(path).ok()?;
    let mut begin = [0; 256];
    let length = file.read(&mut begin).ok()?;
    if let Some(line) = begin[..length].strip_prefix(b"#!") {
        let line = line.split(|byte| *byte == b'\n').next()?;
        let words = line.split(u8::is_ascii_whitespace);
        let interpreter = words.into_iter().find(|word| !word.is_empty())?;
        return missing(interpreter).map(Lack::Interpreter);
    }
    let cache = ReadCache::new(file);
    let found = object::File::parse(&cache).ok()?;
    let here = match std::env::consts::ARCH {
        "x86_64" => Architecture::X86_64,
        "aarch64" => Architecture::Aarch64,
        _ => return None,
    };
    if found.architecture() != here {
        return Some(Lack::Machine(format!("{:?}", found.architecture())));
    }
    let FileKind::Elf64 = FileKind::parse(&cache).ok()? else {
        return None;
    };
    let header = object::elf::FileHeader64::<object::Endianness>::parse(&cache).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, &cache).ok()?;
    let mut loaders = segments
        .iter()
        .filter_map(|segment| segment.interpreter(endian, &cache).ok().flatten());
    missing(loaders.next()?).map(Lack::Loader)
}

fn missing(path: &[u8]) -> Option<PathBuf> {
    let path = PathBuf::from(std::ffi::OsStr::from_bytes(path));
    (!path.exists()).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Option<Lack> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        lack(file.path())
    }

    #[test]
    fn what_can_be_executed_lacks_nothing() {
        assert_eq!(lack(&std::env::current_exe().unwrap()), None);
        assert_eq!(of(b"#!/bin/sh -e\n"), None);
        assert_eq!(of(b"#! /usr/bin/env node\n"), None);
        assert_eq!(of(b"no magic"), None);
        assert_eq!(of(b""), None);
        assert_eq!(lack(Path::new("/no/such/file")), None);
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            of(b"#!/no/such/shell -x\n"),
            Some(Lack::Interpreter("/no/such/shell".into()))
        );
        let elf = super::super::decoy::elf(super::super::decoy::this_machine());
        assert!(matches!(of(&elf), Some(Lack::Loader(_))));
        let other = super::super::decoy::elf(super::super::decoy::another_machine());
        assert!(matches!(of(&other), Some(Lack::Machine(_))));
    }
}
