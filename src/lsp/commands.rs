//! Names the commands of `workspace/executeCommand`.

/// Sent by editors when a suggestion is accepted, with `{id}`, and with `{imports}` when it needs some: they are added.
pub const ACCEPTED: &str = "treefill.accepted";
/// Adds the imports of a suggestion of which a part was taken, `{uri, position, sources}`, as far as they are missing.
pub const IMPORT: &str = "treefill.import";
/// Sent by editors when the user hides a suggestion, with `{id}`, or with `{uri}` of its document.
pub const DISMISSED: &str = "treefill.dismissed";
/// No suggestions for `{minutes}`, or until resumed.
pub const PAUSE: &str = "treefill.pause";
/// Suggestions are on again in the document at `{uri}`, or, without one, everywhere, whatever was switched off by hand.
pub const RESUME: &str = "treefill.resume";
/// Switches suggestions on or off for `{scope: "all" | "language" | "file", uri?, language?}`.
pub const TOGGLE: &str = "treefill.toggle";
/// Says why nothing is suggested in the document at `{uri}`, or why nothing came of the last request.
pub const WHY: &str = "treefill.why";
/// Returns what the server is doing; given `{uri}`, also which switch turns that document off; given `{settled: true}`, only when
/// the engine remembers all that has happened before.
pub const STATUS: &str = "treefill.status";
/// The cursor came to rest at `{uri, position}`: the suggestion there may be prepared.
pub const PREFETCH: &str = "treefill.prefetch";
/// The older name of [`PREFETCH`], which older plugins send.
pub const WARM: &str = "treefill.warm";
/// Applies an offered action, `{uri, version, edits}`, or resolves and applies one, `{uri, version, action, range}`: for
/// clients that know actions only as commands, or cannot ask for their edits.
pub const APPLY: &str = "treefill.apply";
/// Rewrites a range as the user says, `{uri, range, instruction, version?}`, by the model that takes instructions.
pub const REWRITE: &str = "treefill.rewrite";

pub const ALL: &[&str] =
    &[ACCEPTED, IMPORT, DISMISSED, PAUSE, RESUME, TOGGLE, WHY, STATUS, PREFETCH, WARM, APPLY, REWRITE];
/// Those that make sense without an argument, for clients that offer them to the user as they are.
pub const BY_HAND: &[&str] = &[PAUSE, RESUME, STATUS, TOGGLE, WHY];
