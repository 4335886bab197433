//! Tells what shuts an engine's process in, for people and over the socket.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Whether this build computes on GPUs, whose drivers need more than llama.cpp does.
pub const FOR_GPUS: bool = cfg!(any(feature = "cuda", feature = "vulkan"));

/// What shuts a process in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Confinement {
    /// The version of Landlock that keeps it from files, programs and the network; or why none does.
    pub landlock: Result<i32, String>,
    /// Whether no program that it could start would get rights of another user.
    pub no_new_privileges: bool,
    /// Bytes that it may allocate.
    pub memory: Option<u64>,
}

impl Confinement {
    /// Whether everything holds that there is.
    pub fn is_whole(&self) -> bool {
        self.landlock.is_ok() && self.no_new_privileges && (FOR_GPUS || self.memory.is_some())
    }
}

impl fmt::Display for Confinement {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        match &self.landlock {
            Ok(version) => parts.push(format!("Landlock ABI {version}")),
            Err(why) => parts.push(why.clone()),
        }
        if self.no_new_privileges {
            parts.push("no new privileges".to_owned());
        }
        if let Some(bytes) = self.memory {
            parts.push(format!("memory ≤ {:.1} GB", bytes as f64 / 1e9));
        }
        out.write_str(&parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_is_said_in_plain_words() {
        let whole = Confinement { landlock: Ok(7), no_new_privileges: true, memory: Some(1_600_000_000) };
        assert_eq!(whole.to_string(), "Landlock ABI 7, no new privileges, memory ≤ 1.6 GB");
        assert!(whole.is_whole());
        let why = "no Landlock: this kernel has none".to_owned();
        let part = Confinement { landlock: Err(why), ..whole };
        assert!(part.to_string().starts_with("no Landlock: this kernel has none, no new privileges"));
        assert!(!part.is_whole());
    }
}
