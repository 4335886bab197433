//! Indexes the definitions of a project: by name, by file and by module, with their signatures, and resolves what imports mean.
//!
//! [`FileSymbols`] is what one text defines; a [`SymbolIndex`] holds those of many files. An index is a value: cloning it shares
//! everything, and changing a clone copies only the parts that change.

mod definition;
mod import;
mod index;
mod module_path;
mod package;
mod reach;
mod read;
mod resolve;
pub mod stdlib;

pub use definition::{Definition, DefinitionKind, FileSymbols};
pub use import::{Import, ImportSource};
pub use index::SymbolIndex;
pub use module_path::ModulePath;
pub use reach::{Importable, Importer};
pub use resolve::Resolved;

#[cfg(test)]
mod tests;

pub(crate) use import::{ImportNodes, in_file as imports_in};
