//! Encodes the profiles, see `src/profile/encode.rs`.

use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::Path;

#[path = "src/profile/encode.rs"]
mod encode;

fn main() -> Result<(), Box<dyn Error>> {
    // Nobody unwinds in a release build, and the index for it is thirty kilobytes.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux")
        && std::env::var("PROFILE").is_ok_and(|profile| profile == "release")
    {
        println!("cargo::rustc-link-arg-bins=-Wl,--no-eh-frame-hdr");
    }

    println!("cargo::rerun-if-changed=profiles");
    println!("cargo::rerun-if-changed=src/profile/encode.rs");
    let out = std::env::var_os("OUT_DIR").ok_or("there is no OUT_DIR")?;
    let mut files: Vec<_> = fs::read_dir("profiles")?.collect::<Result<_, _>>()?;
    files.sort_by_cached_key(|file| numbers(&file.file_name().to_string_lossy()));
    let mut list = String::new();
    let mut text = Text::default();
    for file in &files {
        let whole = read(&file.path())?;
        let version = whole["version"]
            .as_str()
            .ok_or("a profile has no version")?;
        let mut encoded = encode::encode(&whole).map_err(|e| format!("{version}: {e}"))?;
        encoded.sort();
        let entries: Vec<encode::Spot> = encoded
            .iter()
            .map(|(path, json)| encode::spot(path, json, |part| text.place(part)))
            .collect::<Result<_, String>>()?;
        list.push_str(&format!("({version:?}, &{entries:?}), "));
    }
    link_at_fixed_addresses();
    link_unwinder_statically();
    link_without_unwind_tables(Path::new(&out))?;
    let count = files.len();
    let list = format!(
        "pub(super) const COUNT: usize = {count};\n\
         pub(super) const ENCODED: [(&str, &[super::encode::Spot]); COUNT] = [{list}];\n\
         pub(super) const TEXT: &str = {:?};\n",
        text.text
    );
    fs::write(Path::new(&out).join("embedded.rs"), list)?;
    Ok(())
}

/// What the entries of all profiles consist of, each text once.
#[derive(Default)]
struct Text {
    text: String,
    known: BTreeMap<String, usize>,
}

impl Text {
    fn place(&mut self, part: &str) -> usize {
        let end = self.text.len();
        let at = *self.known.entry(part.to_owned()).or_insert(end);
        if at == end {
            self.text.push_str(part);
        }
        at
    }
}

/// Thousands of addresses need not be looked up at each start then, and take no room. (A static binary has none.)
fn link_at_fixed_addresses() {
    let is = |name: &str, value: &str| {
        std::env::var(name).is_ok_and(|v| v.split(',').any(|v| v == value))
    };
    if is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && !is("CARGO_CFG_TARGET_FEATURE", "crt-static")
    {
        println!("cargo::rustc-link-arg-bin=mock-claude=-no-pie");
    }
}

/// A release build has no use for its unwind tables, which are an eighth of it: it does not unwind.
fn link_without_unwind_tables(out: &Path) -> Result<(), Box<dyn Error>> {
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|v| v == value);
    if is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is("PROFILE", "release")
    {
        let script = out.join("discard.ld");
        fs::write(
            &script,
            "SECTIONS { /DISCARD/ : { *(.eh_frame) } } INSERT AFTER .text;\n",
        )?;
        println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
        if is("CARGO_CFG_TARGET_ARCH", "x86_64") {
            // Functions that came out the same are kept once. Only the linker that Rust brings along for this target can.
            println!("cargo::rustc-link-arg-bin=mock-claude=-Wl,--icf=all");
        }
    }
    Ok(())
}

/// One library less to load at each start.
fn link_unwinder_statically() {
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|v| v == value);
    if is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu")
        && is("PROFILE", "release")
    {
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

fn read(file: &Path) -> Result<Value, String> {
    let at = |error: String| format!("{}: {error}", file.display());
    let text = fs::read_to_string(file).map_err(|e| at(e.to_string()))?;
    let other = |version: &str| read(&file.with_file_name(format!("{version}.json")));
    encode::whole(&text, other).map_err(at)
}

/// The numbers of a version, by which versions are in order.
fn numbers(name: &str) -> Vec<u32> {
    name.split('.').filter_map(|n| n.parse().ok()).collect()
}
