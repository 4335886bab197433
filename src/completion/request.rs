//! Defines what a completion is asked for with: the place, the trigger and the options of the pipeline.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::control::{Eagerness, Multiline, Trigger};
use super::dismissed::Dismissed;
use super::milliseconds;
use super::project::{KnownProject, WorkspaceContext};
use super::suggestion::Remembered;
use crate::calibration::Correction;
use crate::document::Snapshot;
use crate::engine::power::Prefetch;

/// What triggered a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TriggerKind {
    /// The user typed.
    Automatic,
    /// The user asked.
    Invoked,
    /// Nothing yet: the text is one that the user may soon have.
    Ahead,
}

/// The entry selected in the editor's completion menu: the text will be `text` at `range` if it is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedEntry {
    /// Bytes it would replace.
    pub range: Range<usize>,
    /// What it would insert.
    pub text: String,
}

/// One request for a completion.
#[derive(Debug, Clone)]
pub struct CompletionRequest {
    /// The document at the moment of asking.
    pub snapshot: Snapshot,
    /// The cursor, in bytes.
    pub offset: usize,
    /// What triggered a request.
    pub trigger: TriggerKind,
    /// The menu entry a completion must extend.
    pub selected: Option<SelectedEntry>,
    /// What was generated for this document, to be continued without the model while the user types it.
    pub remembered: Vec<Remembered>,
}

/// How far the pipeline goes. Less than all of it is for measuring what each stage is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// What the model writes until it ends by itself.
    Raw,
    /// Stopped where there is enough.
    Stops,
    /// Without what is there already, in the file's indentation.
    Trim,
    /// Only what the parsers let pass.
    Validate,
    /// The best of several, and only what is likely enough.
    #[default]
    Rank,
}

impl Effort {
    /// All of them, each with one stage more than the one before.
    pub const ALL: [Self; 5] = [Self::Raw, Self::Stops, Self::Trim, Self::Validate, Self::Rank];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Stops => "stops",
            Self::Trim => "trim",
            Self::Validate => "validate",
            Self::Rank => "rank",
        }
    }
}

/// What becomes of a suggestion that adds something a reader should look at twice ([`crate::verify::risks`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnRisk {
    /// It is not made.
    #[default]
    Drop,
    /// It counts as unlikely: shown to who asks for all there is, behind everything else.
    Lower,
}

/// Settings of the pipeline: those that are not skipped belong to the user, in `[completion]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct CompletionOptions {
    /// When suggestions come: automatic, while you type; pause, once you have typed nothing for half a second, or for the
    /// delay, if that is longer; manual, only when you ask.
    #[schemars(extend("x-scope" = "anyone"))]
    pub trigger: Trigger,
    /// Milliseconds without a key before the model is asked; text that is already generated shows at once.
    #[serde(rename = "delay_ms", with = "milliseconds")]
    #[schemars(with = "u64", range(max = 5_000), extend("x-scope" = "anyone", "x-formerly" = "debounce_ms"))]
    pub delay: Duration,
    /// How likely a suggestion must be to come by itself: low shows only what is right more often than not, and three lines at
    /// most; high shows much more, and more of it is wrong. When you ask, everything is shown.
    #[schemars(extend("x-scope" = "anyone"))]
    pub eagerness: Eagerness,
    /// Whether eagerness follows a little what you took of the last 20 suggestions; `treefill status` shows by how much.
    #[schemars(extend("x-scope" = "anyone"))]
    pub eagerness_adapts: bool,
    /// Suggestions of several lines: never; auto, where a block is to be written; always, wherever nothing stands right of the
    /// cursor.
    #[schemars(extend("x-scope" = "anyone"))]
    pub multiline: Multiline,
    /// Whether suggestions come by themselves inside comments.
    #[schemars(extend("x-scope" = "anyone"))]
    pub in_comments: bool,
    /// Whether suggestions come by themselves inside strings, docstrings included.
    #[schemars(extend("x-scope" = "anyone"))]
    pub in_strings: bool,
    /// Whether suggestions come by themselves inside import statements.
    #[schemars(extend("x-scope" = "anyone"))]
    pub in_imports: bool,
    /// Whether a suggestion brings the import with it of a name that it uses and the file does not know, where the name comes from
    /// one place only, like Path or HashMap.
    #[schemars(extend("x-scope" = "anyone"))]
    pub imports: bool,
    /// Seconds without suggestions after you dismissed one; 0: none. One that was dismissed or undone does not come again at that
    /// place by itself.
    #[schemars(range(max = 600), extend("x-scope" = "anyone"))]
    pub quiet_after_dismissal_s: u64,
    /// Most tokens generated for one suggestion.
    #[schemars(range(min = 1, max = 1024), extend(
        "x-scope" = "anyone",
        "x-unset" = "48, from 1 B parameters on 96, and fewer with a slow model: what it writes in a second",
        "x-example" = "64"
    ))]
    pub max_tokens: Option<usize>,
    /// Most lines of one suggestion.
    #[schemars(range(min = 1, max = 200), extend(
        "x-scope" = "anyone",
        "x-unset" = "8, from 1 B parameters on 16, and fewer with a slow model",
        "x-example" = "4"
    ))]
    pub max_lines: Option<usize>,
    /// Milliseconds after which what has been generated is taken, and no more is waited for.
    #[serde(rename = "deadline_ms", with = "milliseconds")]
    #[schemars(with = "u64", range(min = 50, max = 60_000), extend("x-scope" = "anyone"))]
    pub deadline: Duration,
    /// Suggestions that add what `treefill check` lists, like shell=True or unsafe: drop them, or lower their rank.
    #[schemars(extend("x-formerly" = "risky"))]
    pub on_risk: OnRisk,
    /// Texts that are generated at once, the likeliest first: the best is shown, and typing any of them needs no model.
    #[serde(skip)]
    pub candidates: usize,
    /// Most time for trying shorter texts than the whole ones: about what the eye forgives on top of the model's own time.
    /// Always bounded by a number too.
    #[serde(skip)]
    pub check_time: Duration,
    /// When the next suggestion may be prepared before anybody asks for it.
    #[serde(skip)]
    pub prefetch: Prefetch,
    /// The document's language as the editor calls it, where there is no parser for it.
    #[serde(skip)]
    pub language_id: String,
    /// By how much, in logits, this user takes suggestions of one line, and of several, more often than others.
    #[serde(skip)]
    pub prior_logits: [f32; 2],
    /// By how much, in logits, the bar is raised because of this user's last reactions.
    #[serde(skip)]
    pub bar_logits: f32,
    /// What makes probabilities of the scores of the model that is asked.
    #[serde(skip)]
    pub correction: Correction,
    /// What must not come again in this document.
    #[serde(skip)]
    pub dismissed: Arc<[Dismissed]>,
    /// All of it, but for measurements.
    #[serde(skip)]
    pub effort: Effort,
    /// What of the workspace goes into prompts: what pays, but for measurements.
    #[serde(skip)]
    pub workspace_context: WorkspaceContext,
    /// What is known of the project.
    #[serde(skip)]
    pub project: KnownProject,
}

impl Default for CompletionOptions {
    fn default() -> Self {
        Self {
            max_tokens: None,
            max_lines: None,
            candidates: 3,
            trigger: Trigger::default(),
            // Nobody types faster than the engine cancels: the next key ends the work of this one at its next token.
            delay: Duration::ZERO,
            eagerness: Eagerness::default(),
            eagerness_adapts: true,
            multiline: Multiline::default(),
            in_comments: true,
            in_strings: true,
            in_imports: true,
            imports: true,
            // Long enough to write a line of one's own, short enough that nobody looks for a switch.
            quiet_after_dismissal_s: 5,
            deadline: Duration::from_millis(1500),
            check_time: Duration::from_millis(40),
            prefetch: Prefetch::default(),
            on_risk: OnRisk::default(),
            language_id: String::new(),
            prior_logits: [0.0; 2],
            bar_logits: 0.0,
            correction: Correction::NONE,
            dismissed: Arc::default(),
            effort: Effort::default(),
            workspace_context: WorkspaceContext::default(),
            project: KnownProject::default(),
        }
    }
}

/// What counts as a pause in typing, at least: between the keys of a word lie 0.1 to 0.3 s.
const PAUSE: Duration = Duration::from_millis(500);

impl CompletionOptions {
    /// How long nothing must be typed before the model is asked.
    pub fn wait(&self) -> Duration {
        if self.trigger == Trigger::Pause { self.delay.max(PAUSE) } else { self.delay }
    }

    /// Most lines of a suggestion, where `by_model` suit the model.
    pub fn lines(&self, by_model: usize) -> usize {
        // Fewer are no block.
        const FEW: usize = 4;
        let lines = match (self.max_lines, self.multiline) {
            (_, Multiline::Never) => 1,
            (Some(lines), _) => lines,
            (None, Multiline::Always) => by_model.max(FEW),
            (None, Multiline::Auto) => by_model,
        };
        self.eagerness.lines(lines)
    }
}

/// How much a suggestion may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The rest of the cursor's line.
    Line,
    /// At most this many lines, counted without the cursor's own when that is an opener.
    Lines(usize),
}

impl Extent {
    /// Its lines; 1 for the rest of the cursor's line.
    pub fn lines(self) -> usize {
        match self {
            Self::Line => 1,
            Self::Lines(most) => most,
        }
    }
}
