//! Decides whether work that nobody has asked for yet may be done: by the user's setting, and by the battery.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When to work ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Prefetch {
    /// When the machine does not run on a battery.
    #[default]
    Auto,
    /// On a battery too.
    Always,
    /// Only what was asked for is done.
    Never,
}

impl Prefetch {
    /// Whether to work ahead now. Reads the state of the batteries, which may take some milliseconds.
    pub fn is_allowed(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => !on_battery(),
        }
    }
}

/// Whether a battery is being used up. A machine that does not tell has a plug.
#[cfg(feature = "llama")]
fn on_battery() -> bool {
    use starship_battery::{Manager, State};
    let batteries = Manager::new().and_then(|manager| manager.batteries());
    batteries.is_ok_and(|mut batteries| {
        batteries.any(|battery| battery.is_ok_and(|it| it.state() == State::Discharging))
    })
}

/// Without a model there is no work ahead that would use up a battery.
#[cfg(not(feature = "llama"))]
fn on_battery() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_decides_before_the_battery_does() {
        assert!(Prefetch::Always.is_allowed() && !Prefetch::Never.is_allowed());
        assert_eq!(Prefetch::Auto.is_allowed(), !on_battery());
    }
}
