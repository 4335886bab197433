//! Holds the folder `grammars/` as it was at build time.

use std::collections::HashMap;

/// The folder `grammars/` at build time.
pub static EMBEDDED: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/grammars");

/// What `parse` makes of the file of this name, by the names of the languages whose folders have one.
pub fn tables<T>(file: &str, parse: impl Fn(&str) -> Result<T, String>) -> HashMap<&'static str, T> {
    let table = |folder: &'static include_dir::Dir<'_>| {
        let name = folder.path().to_str()?;
        let text = EMBEDDED.get_file(format!("{name}/{file}"))?.contents_utf8()?;
        Some((name, parse(text).ok()?))
    };
    EMBEDDED.dirs().filter_map(table).collect()
}
