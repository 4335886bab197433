//! Keeps a file that says what this server does and what came of its last request, for `treefill status` in a shell. It lies in the
//! folder of the sockets, which only this user can read, holds no text, and goes when the server ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::status;
use crate::paths;
use crate::session::Session;
use crate::workspace::WorkspaceReader;

/// Between two writes: a person at a shell is not faster, and keys come many a second.
const PAUSE: Duration = Duration::from_millis(500);

const BEGIN: &str = "server-";
const END: &str = ".json";

/// The file of this process.
pub fn own() -> Option<PathBuf> {
    let folder = paths::runtime_dir().ok()?;
    Some(folder.join(format!("{BEGIN}{}{END}", std::process::id())))
}

/// Writes the file after each answer, when the state changes, and while the workspace is read. Runs for the life of the server; a file
/// that cannot be written is missing, no more.
pub async fn keep(session: Arc<Session>, workspace: WorkspaceReader, client: String, file: PathBuf) {
    let (mut slot, mut progress, mut turned) = (session.engine(), workspace.progress(), session.turned());
    loop {
        // Only the state is kept: a reference to the engine would keep a replaced one alive.
        let mut engine = slot.borrow_and_update().as_ref().map(|engine| engine.status());
        progress.mark_unchanged();
        turned.mark_unchanged();
        let mut told = status::all(&session, &workspace, None);
        told["client"] = client.as_str().into();
        told["pid"] = json!(std::process::id());
        if let Err(error) = write(&file, &told) {
            tracing::debug!("{}: {error}", file.display());
        }
        let read = async {
            if progress.changed().await.is_err() {
                // The reader has ended.
                std::future::pending::<()>().await;
            }
        };
        let pause = session.overview(None).pause_left;
        tokio::select! {
            () = session.answered() => {}
            () = read => {}
            () = status::changed(engine.as_mut()) => {}
            () = status::ends(pause) => {}
            _ = turned.changed() => {}
            Ok(()) = slot.changed() => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// A reader sees the old file or the new one, never a half.
fn write(file: &Path, told: &Value) -> std::io::Result<()> {
    let part = file.with_extension("part");
    std::fs::write(&part, told.to_string())?;
    std::fs::rename(part, file)
}

/// What each running server says. Files of servers that were killed are removed.
pub fn of_all(is_alive: impl Fn(u32) -> bool) -> anyhow::Result<Vec<Value>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(paths::runtime_dir()?)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(id) = name.strip_prefix(BEGIN).and_then(|name| name.strip_suffix(END)) else { continue };
        let Ok(id) = id.parse() else { continue };
        if !is_alive(id) {
            // Another `treefill status` may have done it.
            let _ = std::fs::remove_file(entry.path());
            continue;
        }
        let told = std::fs::read(entry.path()).ok().and_then(|told| serde_json::from_slice(&told).ok());
        found.extend(told);
    }
    Ok(found)
}
