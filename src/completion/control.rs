//! Defines how the user controls suggestions: when they come, how likely they must be, how long they may be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When suggestions come by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// While the user types.
    #[default]
    Automatic,
    /// When the user pauses.
    Pause,
    /// Never: only when the user asks.
    Manual,
}

/// How likely a suggestion must be to come by itself, and how long it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Eagerness {
    /// Right more often than wrong, and short.
    Low,
    /// What saves most keys for the reading that it costs.
    #[default]
    Medium,
    /// Whatever may be of use.
    High,
    /// Whatever fits, however unlikely: for tests and measurements, and not among the words of the setting.
    #[schemars(skip)]
    Everything,
}

/// Whether suggestions may have several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Multiline {
    /// One line at most.
    Never,
    /// Where a block is to be written.
    #[default]
    Auto,
    /// Wherever nothing stands right of the cursor.
    Always,
}

/// Most lines of a suggestion at low eagerness: a glance takes in no more.
const FEW_LINES: usize = 3;

impl Eagerness {
    /// Those that a user can choose, from the most silent on.
    pub const LEVELS: [Self; 3] = [Self::Low, Self::Medium, Self::High];

    /// Its name in the settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Everything => "everything",
        }
    }

    /// Most lines of a suggestion where the settings allow `lines`.
    pub fn lines(self, lines: usize) -> usize {
        if self == Self::Low { lines.min(FEW_LINES) } else { lines }
    }
}
