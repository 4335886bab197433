//! Tests the pipeline from trigger to outcome with a scripted model: what comes out for a given text at a given cursor.

mod check;
mod common_defects;
mod flow;
mod harm;
mod import_places;
mod imports;
mod properties;
mod regressions;
mod taste;
