//! Tells once, after a day of use, that a better model fits this machine. A model that was chosen is left alone.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tower_lsp::Client;
use tower_lsp::lsp_types::notification::Notification;

use super::client::Messages;
use super::status::{BetterModel, better_model};
use crate::session::Session;

/// Who has used treefill so long knows what it is.
const DAY: Duration = Duration::from_secs(86_400);
/// Between two looks whether the user works: measuring takes some seconds of the processor.
const LOOK: Duration = Duration::from_secs(20);

/// Finds that model by measuring this machine. It blocks for some seconds.
type Measure = Arc<dyn Fn() -> Option<BetterModel> + Send + Sync>;

/// When and by what the hint is given.
#[derive(Clone)]
pub struct HintOptions {
    /// Remembers since when treefill is used, and whether the hint was given.
    pub file: PathBuf,
    /// How long the user must have rested before the machine is measured.
    pub rest: Duration,
    /// Looks for the model.
    pub measure: Measure,
}

impl fmt::Debug for HintOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HintOptions")
            .field("file", &self.file)
            .field("rest", &self.rest)
            .finish_non_exhaustive()
    }
}

/// `treefill/hint`: to clients that announce `experimental.treefillStatus`; all others get a message.
enum Hinted {}

/// Its parameters.
#[derive(Debug, Serialize, Deserialize)]
struct HintParams {
    /// For the user.
    sentence: String,
    /// How the model is asked for.
    name: String,
}

impl Notification for Hinted {
    type Params = HintParams;
    const METHOD: &'static str = "treefill/hint";
}

/// What the file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct HintRecord {
    /// Seconds since 1970.
    first_used: u64,
    /// Whether it was given, or there was nothing to give.
    told: bool,
}

impl HintRecord {
    /// The record in `file`; one that begins `now` is written where there is none.
    fn open(file: &Path, now: u64) -> Option<Self> {
        if let Ok(text) = std::fs::read(file) {
            return serde_json::from_slice(&text).ok();
        }
        let record = Self { first_used: now, told: false };
        record.write(file).then_some(record)
    }

    /// Whether it could be written. Without a record nothing is told: it would be told every day.
    fn write(self, file: &Path) -> bool {
        let folder = file.parent().is_none_or(|folder| std::fs::create_dir_all(folder).is_ok());
        folder && serde_json::to_vec(&self).is_ok_and(|text| std::fs::write(file, text).is_ok())
    }

    /// How long it is not yet time; None when it was given.
    fn wait(self, now: u64) -> Option<Duration> {
        let used = Duration::from_secs(now.saturating_sub(self.first_used));
        (!self.told).then(|| DAY.saturating_sub(used))
    }
}

/// Gives the hint when it is time: by a notification to `client`, or else as a message. Runs until then.
pub fn start(options: HintOptions, session: Arc<Session>, client: Option<Client>, messages: Messages) {
    tokio::spawn(async move { give(&options, &session, client.as_ref(), &messages).await });
}

async fn give(
    options: &HintOptions,
    session: &Session,
    client: Option<&Client>,
    messages: &Messages,
) -> Option<()> {
    let record = HintRecord::open(&options.file, seconds_now())?;
    tokio::time::sleep(record.wait(seconds_now())?).await;
    session.ready_engine().await.ok()?;
    // Who has chosen a model, or a server that runs one, has made up their mind.
    let config = session.config();
    if config.model.path.is_some() || config.remote.is_used() {
        return None;
    }
    while !rested(session, options.rest) {
        tokio::time::sleep(LOOK).await;
    }
    // Another window may have been faster.
    let record = HintRecord::open(&options.file, seconds_now()).filter(|record| !record.told)?;
    let measure = Arc::clone(&options.measure);
    let found = tokio::task::spawn_blocking(move || measure()).await.ok()?;
    if !(HintRecord { told: true, ..record }).write(&options.file) {
        return None;
    }
    let found = found?;
    let sentence = better_model(&found);
    match client {
        Some(client) => client.send_notification::<Hinted>(HintParams { sentence, name: found.name }).await,
        None => messages.info(&sentence),
    }
    Some(())
}

/// Whether nothing was asked for a while.
fn rested(session: &Session, rest: Duration) -> bool {
    let last = session.overview(None).last;
    last.is_none_or(|last| last.at.elapsed().is_ok_and(|ago| ago >= rest))
}

fn seconds_now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_day_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/hint.json");
        let record = HintRecord::open(&file, 1_000_000).unwrap();
        assert_eq!(record.wait(1_000_000), Some(DAY));
        assert_eq!(HintRecord::open(&file, 1_050_000), Some(record), "the first use counts");
        assert_eq!(record.wait(1_086_300), Some(Duration::from_secs(100)));
        assert_eq!(record.wait(2_000_000), Some(Duration::ZERO));
        assert!(HintRecord { told: true, ..record }.write(&file));
        assert_eq!(HintRecord::open(&file, 2_000_000).unwrap().wait(2_000_000), None);
        std::fs::write(&file, "broken").unwrap();
        assert_eq!(HintRecord::open(&file, 2_000_000), None, "nothing is told twice");
    }
}
