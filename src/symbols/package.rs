//! Reads what a package calls itself from its own file (`Cargo.toml`).

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::language::Imports;

/// Most bytes looked at.
const LONGEST: u64 = 64 << 10;

/// The name by which other packages import the one in this folder, if it says one. Looks at the disk.
pub fn name(root: &Path, rules: &Imports) -> Option<String> {
    let pattern = rules.package_name.as_ref()?;
    let file = File::open(root.join(&rules.package_file)).ok()?;
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    // What cannot stand in a name of the language is written differently there: `clap-builder` is `clap_builder`.
    let name = pattern.capture(&text, "name")?;
    Some(name.replace('-', "_"))
}
