//! Tests the engine that asks a server: prompts, answers, cancels and failures, with scripted servers on this machine.

mod answers;
mod dialects;
mod failures;
pub mod fake;
mod marks;
mod process;
mod prompts;
#[cfg(unix)]
mod proxy;
mod servers;
mod silent;
mod texts;
