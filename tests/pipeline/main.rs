//! The pipeline from trigger to outcome with a scripted model: what comes out for a given text at a given cursor.
//! No model is loaded and no language server is started.

mod check;
mod complaints;
mod flow;
mod properties;
