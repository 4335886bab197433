//! Says what a user reads of each state: one sentence for one state, the same in every editor and on the command line. This is the
//! only place for such sentences but for [`Reason`](crate::completion::Reason), which words each silence.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::engine::ModelInfo;
use crate::models::WITHOUT_ADAPTER;
use crate::session::Interrupts;
use crate::text::amounts::{parameters, size, span};
pub use crate::text::sentence;

/// Where suggestions were switched off by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PausedPlace {
    Everywhere,
    /// In a language, by its name.
    Language(String),
    /// In a file, by its name.
    File(String),
}

/// What an editor shows of treefill.
#[derive(Debug, Clone, PartialEq)]
pub enum ShownState {
    /// The engine is on its way.
    Starting,
    /// The model is being read; 0 ..= 1.
    Loading(f32),
    /// The engine has ended and comes back.
    Restarting,
    /// There is no model, and why.
    NoModel(String),
    /// Switched off by hand; until when, by the clock, where that is known.
    Paused(PausedPlace, Option<String>),
    /// Switched off by the setting of this name.
    OffBySetting(&'static str),
    /// The document is private, and why.
    Private(String),
    /// The built-in model is used in place of the configured one, or that one without its adapter; the notice of the session.
    BuiltInInstead(String),
    /// Suggestions come from the server at this host, and what is wrong with it at present, if anything is.
    Remote(String, Option<String>),
    /// Suggestions come.
    Ready,
    /// A request runs.
    Thinking,
}

/// A model that is better than the one inside the program and fast enough here.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BetterModel {
    /// How it is asked for.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// How many times the parameters of the built-in model it has.
    pub times: u64,
    /// Seconds until a first line is there at a new place, predicted.
    pub first_line_s: f64,
    /// The same of the built-in model, measured.
    pub built_in_s: f64,
    /// Bytes to download.
    pub bytes: u64,
}

/// How much a state matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Normal,
    /// Something is on its way.
    Busy,
    /// Nothing is suggested, and the user wants that.
    Off,
    /// It works otherwise than it was meant to.
    Warning,
    /// It does not work.
    Error,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Busy => "busy",
            Self::Off => "off",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl ShownState {
    /// For programs.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Loading(_) => "loading",
            Self::Restarting => "restarting",
            Self::NoModel(_) => "no_model",
            Self::Paused(..) => "paused",
            Self::OffBySetting(_) => "off",
            Self::Private(_) => "private",
            Self::BuiltInInstead(_) => "built_in_instead",
            Self::Remote(..) => "remote",
            Self::Ready => "ready",
            Self::Thinking => "thinking",
        }
    }

    /// For a status line.
    pub fn short(&self) -> String {
        match self {
            Self::Loading(share) => format!("loading {}", percent(*share)),
            Self::Restarting => "engine restarting".to_owned(),
            Self::NoModel(_) => "no model".to_owned(),
            // The model is the configured one then.
            Self::BuiltInInstead(notice) if notice.starts_with(WITHOUT_ADAPTER) => "no adapter".to_owned(),
            Self::BuiltInInstead(_) => "built-in model".to_owned(),
            other => other.id().to_owned(),
        }
    }

    pub fn sentence(&self) -> String {
        match self {
            Self::Starting => "The engine is starting.".to_owned(),
            Self::Loading(share) => format!("{LOADING}: {}.", percent(*share)),
            Self::Restarting => "The engine has ended and is being started again.".to_owned(),
            Self::NoModel(why) => format!("There is no model: {}.", why.trim_end_matches('.')),
            Self::Paused(place, until) => {
                let until = match (until, place) {
                    (Some(clock), _) => clock.clone(),
                    (None, PausedPlace::File(_)) => "you resume or close it".to_owned(),
                    (None, _) => "you resume".to_owned(),
                };
                format!("Suggestions are paused {} until {until}.", place.words())
            }
            Self::OffBySetting(setting) => format!("Suggestions are off here by the setting {setting}."),
            Self::Private(why) => {
                format!("Nothing is suggested in a private file: {}.", why.trim_end_matches('.'))
            }
            Self::BuiltInInstead(notice) => sentence(notice),
            Self::Remote(host, None) => {
                format!("Suggestions come from a server: text around the cursor is sent to {host}.")
            }
            Self::Remote(host, Some(trouble)) => {
                format!("The server {host} cannot be used at present: {}.", trouble.trim_end_matches('.'))
            }
            Self::Ready => READY.to_owned(),
            Self::Thinking => "The model is thinking.".to_owned(),
        }
    }

    pub fn level(&self) -> Level {
        match self {
            Self::Starting | Self::Loading(_) | Self::Thinking => Level::Busy,
            Self::Restarting | Self::BuiltInInstead(_) | Self::Remote(_, Some(_)) => Level::Warning,
            Self::NoModel(_) => Level::Error,
            Self::Paused(..) | Self::OffBySetting(_) | Self::Private(_) => Level::Off,
            Self::Remote(_, None) | Self::Ready => Level::Normal,
        }
    }

    /// Whether suggestions may come in this state, so that the last request says why none did.
    pub fn suggests(&self) -> bool {
        matches!(self, Self::BuiltInInstead(_) | Self::Remote(..) | Self::Ready | Self::Thinking)
    }
}

impl PausedPlace {
    fn words(&self) -> String {
        match self {
            Self::Everywhere => "everywhere".to_owned(),
            Self::Language(name) | Self::File(name) => format!("in {name}"),
        }
    }

    /// What is said when suggestions are on again there.
    pub fn on_again(&self) -> String {
        format!("Suggestions are on {}.", self.words())
    }
}

/// What else is switched off by hand, none without anything.
pub fn also_paused(languages: &[String], files: &[String]) -> Option<String> {
    let places: Vec<String> = languages.iter().chain(files).map(|name| format!("in {name}")).collect();
    (!places.is_empty()).then(|| format!("Suggestions are paused by hand {}.", places.join(", ")))
}

/// Which model it is: `Built-in model, 15 M parameters, CPU, 43 ms a suggestion`.
pub fn title(model: &ModelInfo, is_built_in: bool, usual_ms: Option<f32>) -> String {
    let name = if is_built_in { "Built-in model" } else { &*model.name };
    let mut parts = vec![name.to_owned()];
    // An engine that does not say how large its model is says 0.
    if model.parameters > 0 {
        parts.push(format!("{} parameters", parameters(model.parameters)));
    }
    parts.extend(model.server.as_ref().map(|server| format!("on {}", server.host)));
    // An engine elsewhere knows no layers.
    if model.layers > 0 {
        let all = model.gpu_layers >= model.layers;
        parts.push(
            if model.gpu_layers == 0 {
                "CPU"
            } else if all {
                "GPU"
            } else {
                "GPU and CPU"
            }
            .to_owned(),
        );
    }
    parts.extend(usual_ms.map(|ms| match ms {
        ms if ms < 1000.0 => format!("{ms:.0} ms a suggestion"),
        ms => format!("{:.1} s a suggestion", ms / 1000.0),
    }));
    parts.join(", ")
}

/// When suggestions come by themselves.
pub fn comes(interrupts: &Interrupts) -> String {
    use crate::completion::Trigger;
    let how = match interrupts.trigger {
        Trigger::Manual => return "Suggestions come only when you ask.".to_owned(),
        Trigger::Pause => "in pauses",
        Trigger::Automatic => "by themselves",
    };
    let level = interrupts.eagerness.name();
    let mut text = format!(
        "Suggestions come {how} when they are likely by {} or more (eagerness {level}",
        percent(interrupts.bar)
    );
    if interrupts.bar != interrupts.bar_of_eagerness {
        let (taken, all) = interrupts.taken;
        text.push_str(&format!(
            ": {}, moved by your last reactions, {taken} of {all} taken",
            percent(interrupts.bar_of_eagerness)
        ));
    }
    text.push_str(").");
    text
}

/// What came of a request `ago`, at a place: `shelf.py`, and line and column from 1. `reason` says why nothing was shown.
pub fn last(file: &str, place: Option<(u64, u64)>, ago: Duration, reason: Option<&str>) -> String {
    let place =
        place.map_or_else(|| format!("in {file}"), |(line, column)| format!("at {file}:{line}:{column}"));
    let ago = span(ago);
    match reason {
        Some(reason) => sentence(&format!("no suggestion {place}, {ago} ago: {reason}")),
        None => format!("A suggestion was shown {place}, {ago} ago."),
    }
}

/// Once, after a day of use: there is a better model, and what it costs.
pub fn better_model(found: &BetterModel) -> String {
    let BetterModel { name, title, times, first_line_s, built_in_s, bytes } = found;
    let seconds = |time: f64| format!("{time:.1} s");
    format!(
        "A better model fits this machine: {title} has {times} times the parameters of the built-in one and takes about {} to a first \
         line at a new place, where the built-in one takes {}. It is a download of {}: treefill model get {name} --use",
        seconds(*first_line_s),
        seconds(*built_in_s),
        size(*bytes)
    )
}

/// The beginning of what is said while a model is read.
pub const LOADING: &str = "The model is being read";
/// What is said when suggestions come.
pub const READY: &str = "Suggestions are ready.";
/// What is said when no request came yet.
pub const NOTHING_ASKED: &str = "No suggestion was asked for yet.";

fn percent(share: f32) -> String {
    format!("{:.0} %", (share.clamp(0.0, 1.0) * 100.0 + 1e-3).floor())
}

#[cfg(test)]
mod tests;
