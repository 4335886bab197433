//! (to be written)

/// Run the command line.
pub fn run() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
