//! Knows imports: those of a file, what the standard library offers, and where the import of a name goes. The repairs of
//! diagnostics and the suggestions use it.

pub mod insertion;
pub mod site;
pub mod unique;
