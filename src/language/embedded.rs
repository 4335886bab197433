//! Holds the folder `grammars/` as it was at build time.

/// The folder `grammars/` at build time.
pub static EMBEDDED: include_dir::Dir<'_> = include_dir::include_dir!("$CARGO_MANIFEST_DIR/grammars");
