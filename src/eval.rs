//! Measures what suggestions are worth: holes in real files, and keystrokes replayed through the real session or
//! llama-server. Nothing of it runs while an editor is served.

pub mod answer;
pub mod backends;
pub mod build_cases;
pub mod calibrate;
pub mod case;
pub mod charts;
pub mod checkout;
pub mod client;
pub mod drafts;
pub mod editor;
pub mod exact;
pub mod holes;
pub mod leaks;
pub mod load;
pub mod memory;
pub mod metrics;
pub mod oracle;
pub mod paired;
pub mod peer;
pub mod replay;
pub mod report;
pub mod runs;
pub mod score;
pub mod workplace;
