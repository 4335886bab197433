//! Shows what a session does, as one moment has it.

use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::watch;

use super::counts::Counts;
use super::last_request::LastRequest;
use super::open_document::OpenDocument;
use super::state::{Session, State};
use super::switches::Off;
use crate::completion::{Eagerness, Reason, Trigger, rank};

/// What a session does, as one moment shows it.
#[derive(Debug)]
pub struct Overview {
    /// Whether suggestions are paused everywhere.
    pub paused: bool,
    /// When that pause ends, if it does by itself.
    pub pause_left: Option<Duration>,
    /// The document that was asked about.
    pub document: Option<DocumentOverview>,
    /// What was switched off by hand: languages, and documents by their URIs, each sorted.
    pub switched_off: (Vec<String>, Vec<String>),
    /// How many documents are open.
    pub documents: usize,
    /// What has happened so far.
    pub counts: Counts,
    /// Whether there is to be a model that takes instructions.
    pub instruct: bool,
    /// Whether somebody waits for a suggestion or an action, in the document that was asked about, or, without one, in any.
    pub asked: bool,
    /// What came of the last request.
    pub last: Option<LastRequest>,
    /// When suggestions come by themselves, and how likely they must be.
    pub interrupts: Interrupts,
    /// Milliseconds from a request to a suggestion that the model made, in the middle of the last ones; None before the first.
    pub usual_ms: Option<f32>,
}

/// What matters about one open document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentOverview {
    /// As the client spells it.
    pub uri: String,
    /// Its language's name, or the editor's identifier of it.
    pub language: String,
    /// The switch that turns it off, if one does.
    pub off: Option<Off>,
    /// The setting behind that, if it is a setting.
    pub setting: Option<&'static str>,
    /// Why it is private, by its name.
    pub private: Option<String>,
}

/// When suggestions come by themselves now, and how likely they must be.
#[derive(Debug, Clone, Serialize)]
pub struct Interrupts {
    /// `completion.trigger`.
    pub trigger: Trigger,
    /// `completion.eagerness`.
    pub eagerness: Eagerness,
    /// The probability that a suggestion must have.
    pub bar: f32,
    /// The same without what the last reactions change.
    pub bar_of_eagerness: f32,
    /// How many of the last suggestions were taken, of how many.
    pub taken: (usize, usize),
    /// Seconds that nothing comes because a suggestion was dismissed.
    pub quiet_s: u64,
}

impl Session {
    /// What the session does now; `document` is about the one at `uri`.
    pub fn overview(&self, uri: Option<&str>) -> Overview {
        let state = self.lock();
        let open = uri.and_then(|uri| Some((uri, state.documents.get(uri)?)));
        let sorted = |names: Vec<String>| {
            let mut names = names;
            names.sort_unstable();
            names
        };
        let switches = &state.switches;
        let now = Instant::now();
        Overview {
            paused: switches.is_paused(now),
            pause_left: switches.pause_left(now),
            document: open.map(|(uri, open)| state.document(uri, open)),
            switched_off: (
                sorted(switches.languages_off().map(str::to_owned).collect()),
                sorted(switches.files_off().map(str::to_owned).collect()),
            ),
            documents: state.documents.len(),
            counts: state.counts.clone(),
            instruct: state.config.instruct.path.is_some(),
            asked: match open {
                Some((_, open)) => open.tasks.is_asked(),
                None => state.documents.values().any(|open| open.tasks.is_asked()),
            },
            last: state.last_request.clone(),
            interrupts: state.interrupts(),
            usual_ms: state.times.usual(),
        }
    }

    /// The document that the user is in, as far as that can be told: the one that was asked about last, else the only one.
    pub fn document_in_use(&self) -> Option<String> {
        let state = self.lock();
        let last = state.last_request.as_ref().map(|last| &*last.uri);
        let only = || state.documents.keys().next().filter(|_| state.documents.len() == 1).map(|uri| &**uri);
        last.filter(|uri| state.documents.contains_key(*uri)).or_else(only).map(str::to_owned)
    }

    /// Watches for turned switches and changed settings.
    pub fn turned(&self) -> watch::Receiver<()> {
        self.turned.subscribe()
    }
}

impl State {
    fn document(&self, uri: &str, open: &OpenDocument) -> DocumentOverview {
        let private = match self.silence(uri) {
            Some(Reason::Private(why)) => Some(why),
            _ => None,
        };
        DocumentOverview {
            uri: uri.to_owned(),
            language: open.language.clone(),
            off: self.off(open),
            setting: self.disabled.setting(&open.language, open.path.as_deref()),
            private,
        }
    }

    fn interrupts(&self) -> Interrupts {
        let options = &self.config.completion.options;
        Interrupts {
            trigger: options.trigger,
            eagerness: options.eagerness,
            bar: rank::bar(options.eagerness, self.bar_logits()),
            bar_of_eagerness: rank::bar(options.eagerness, 0.0),
            taken: self.feedback.reactions().counts(),
            quiet_s: self.quiet().as_secs_f32().ceil() as u64,
        }
    }
}
