//! The `treefill` command: hand the command line to [`treefill::cli::run`] and turn its answer into an exit code.

fn main() -> std::process::ExitCode {
    treefill::cli::run()
}
