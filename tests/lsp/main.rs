//! The language server over its real transport, in this process and as a process of its own. What suggestions say is
//! tested beside the pipeline.

mod binary;
mod frames;
mod inline;
mod menu;
mod pump;
mod settings;
mod support;
mod switches;
