//! Reads the command line and hands each command to its file; the commands hold the behaviour.

mod change;
mod check;
mod complete;
mod config;
mod doctor;
#[cfg(unix)]
mod engine;
mod eval;
mod file_position;
mod fix;
mod generate;
mod ghost;
mod implement;
mod languages;
mod log;
mod model;
mod serve;
mod stats;
mod status;
mod workspace;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory as _, Parser, Subcommand};

use crate::config::{Config, ConfigProblem};
use crate::paths::RunningProgram;

/// Local code completion: a language server whose suggestions the parser has already checked.
#[derive(Debug, Parser)]
#[command(name = "treefill", version, arg_required_else_help = true, max_term_width = 100, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    serve: serve::ServeArguments,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Args)]
pub struct Common {
    /// Read the settings from this file [default: $TREEFILL_CONFIG, else config.toml in the configuration folder]
    #[arg(long, value_name = "FILE", global = true, help_heading = "Common options")]
    config: Option<PathBuf>,
    /// What is written to stderr: off, error, warn, info, debug or trace [default: $TREEFILL_LOG, else log.level]
    #[arg(long, value_name = "LEVEL", global = true, help_heading = "Common options")]
    log: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve an editor over stdin and stdout (the Language Server Protocol)
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::ServeArguments),
    /// Complete at a place in a file, and show the suggestion as ghost text
    #[command(after_help = complete::EXAMPLES)]
    Complete(complete::CompleteArguments),
    /// List code that a reader should look at twice
    #[command(after_help = check::EXAMPLES)]
    Check(check::CheckArguments),
    /// Fix syntax errors with small edits that were checked
    #[command(after_help = fix::EXAMPLES)]
    Fix(fix::FixArguments),
    /// Write the body of a function from its docstring
    #[command(after_help = implement::EXAMPLES)]
    Implement(implement::ImplementArguments),
    /// Say what is in force here: settings, model, processor, speed, languages, folders
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::DoctorArguments),
    /// The process that runs the model for all editors: look at it, end it, run it by hand
    #[cfg(unix)]
    #[command(after_help = engine::EXAMPLES)]
    Engine(engine::EngineArguments),
    /// Measure suggestions: make cases from source trees, ask for them, replay keystrokes, compare
    #[command(after_help = eval::EXAMPLES)]
    Eval(eval::EvalArguments),
    /// What was shown, accepted and kept here, why nothing was shown, and how long it took
    #[command(after_help = stats::EXAMPLES)]
    Stats(stats::StatsArguments),
    /// What the servers of your editors do, when suggestions come, and why nothing came last time
    #[command(after_help = status::EXAMPLES)]
    Status(status::StatusArguments),
    /// Which files of a folder are read for the model's memory, and which are left out
    #[command(after_help = workspace::EXAMPLES)]
    Workspace(workspace::WorkspaceArguments),
    /// Models: list, download, check and choose them
    #[command(after_help = model::EXAMPLES)]
    Model(model::ModelArguments),
    /// List the languages, and what can be done in each
    #[command(after_help = languages::EXAMPLES)]
    Languages(languages::LanguagesArguments),
    /// Show, check, explain or create the configuration file
    #[command(after_help = config::EXAMPLES, after_long_help = config::long_help())]
    Config(config::ConfigArguments),
    /// Make man pages and shell completions
    #[command(after_help = generate::EXAMPLES)]
    Generate(generate::GenerateArguments),
}

const EXAMPLES: &str = "\
Examples:
  treefill --stdio                       what an editor starts; the same as `treefill serve`
  treefill complete src/main.rs:10:5     complete at line 10, column 5
  treefill fix src/main.rs               show what fixes its syntax errors
  treefill implement src/main.rs:10      write the body of the function there, from its doc comment
  treefill doctor                        what is in force, and what is wrong
  treefill model get qwen2.5-coder-1.5b  download a larger model
  treefill stats                         what was shown, accepted and kept, and how fast
  treefill config init                   write a configuration file with every setting explained

Every command explains itself: treefill complete --help

Exit codes: 0 done, 1 something failed (stderr says what), 2 wrong usage.";

/// Run the command line.
pub fn run() -> ExitCode {
    // Before an update can replace it. Who needs it asks again, and says what is wrong.
    let _ = RunningProgram::this();
    let cli = Cli::parse();
    let (settings, problems) = Config::load_user(cli.common.config.as_deref());
    if let Err(message) = log::start(cli.common.log.as_deref(), &settings.log.level) {
        tell(&message);
        return ExitCode::from(2);
    }
    let command = cli.command.unwrap_or(Command::Serve(cli.serve));
    let quiet = matches!(command, Command::Serve(_) | Command::Config(_) | Command::Doctor(_));
    if !quiet {
        report(&problems);
    }
    let result = match command {
        Command::Serve(arguments) => {
            let file = Config::user_file(cli.common.config.as_deref());
            return serve::run(&arguments, file, settings, problems);
        }
        Command::Complete(arguments) => complete::run(&arguments, settings),
        Command::Check(arguments) => check::run(&arguments),
        Command::Fix(arguments) => fix::run(&arguments, settings),
        Command::Implement(arguments) => implement::run(&arguments, settings),
        Command::Doctor(arguments) => doctor::run(&arguments, &cli.common, &settings, &problems),
        #[cfg(unix)]
        Command::Engine(arguments) => engine::run(&arguments, settings),
        Command::Eval(arguments) => eval::run(arguments, settings),
        Command::Stats(arguments) => stats::run(&arguments, &settings),
        Command::Status(arguments) => status::run(&arguments),
        Command::Workspace(arguments) => workspace::run(&arguments, &settings),
        Command::Model(arguments) => model::run(&arguments, &cli.common, &settings),
        Command::Languages(arguments) => languages::run(&arguments),
        Command::Config(arguments) => config::run(&arguments, &cli.common, &settings, &problems),
        Command::Generate(arguments) => generate::run(&arguments, Cli::command()),
    };
    result.unwrap_or_else(|error| {
        // `treefill … | head`: nobody reads on, which is no failure.
        if error
            .downcast_ref::<std::io::Error>()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
        {
            return ExitCode::SUCCESS;
        }
        tell(&format!("{error:#}"));
        ExitCode::FAILURE
    })
}

/// Say something to the person who runs the command, beside its result.
fn tell(message: &str) {
    use std::io::Write as _;
    // Nothing can be done about a stderr that is closed.
    let _ = writeln!(anstream::stderr(), "treefill: {message}");
}

/// Say what is wrong with the settings; the rest of them count all the same.
fn report(problems: &[ConfigProblem]) {
    for problem in problems {
        tell(&problem.to_string());
    }
}
