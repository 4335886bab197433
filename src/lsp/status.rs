//! Describes what the engine is doing: for `treefill.status`, and as `treefill/status` to clients that announce
//! `experimental.treefillStatus`. `progress.rs` shows it to all others.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::watch;
use tower_lsp::Client;
use tower_lsp::lsp_types::notification::Notification;

use crate::engine::Status;
use crate::session::{LastRequest, Session};
use crate::workspace::{WorkspaceProgress, WorkspaceReader};

/// Between two messages about the reading of the workspace.
const PAUSE: Duration = Duration::from_millis(500);

/// `treefill/status`.
enum Changed {}

/// Its parameters: the members `engine` and `workspace` of what `treefill.status` returns, this one once there are files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct StatusParams {
    engine: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<Value>,
}

impl Notification for Changed {
    type Params = StatusParams;
    const METHOD: &'static str = "treefill/status";
}

/// The engine's state now.
fn now(session: &Session) -> Value {
    match &*session.engine().borrow() {
        None => json!({ "state": "starting" }),
        Some(engine) => told(session, &engine.status().borrow()),
    }
}

/// The state of the engine in use, and why the built-in model stands in for the configured one, if it does.
fn told(session: &Session, status: &Status) -> Value {
    let mut engine = describe(status);
    if let (Status::Ready(_), Some(notice)) = (status, session.stand_in().borrow().notice()) {
        engine["message"] = notice.into();
    }
    if let Status::Ready(model) = status
        && let Some(server) = &model.server
    {
        // Text leaves the machine: that is said all the time.
        engine["remote"] = server.notice().into();
        if server.trouble.is_some() {
            engine["message"] = server.notice().into();
        }
    }
    engine
}

fn describe(status: &Status) -> Value {
    match status {
        // In hundredths, so that it is not sent more often than anybody can read.
        Status::Loading(share) => {
            json!({ "state": "loading", "share": f64::from((share * 100.0).floor()) / 100.0 })
        }
        Status::Restarting => json!({ "state": "restarting" }),
        Status::Failed(why) => json!({ "state": "failed", "message": why }),
        Status::Ready(model) => json!({
            "state": "ready",
            "model": model.name,
            "path": model.path,
            "parameters": model.parameters,
            "context": model.context,
            "family": model.family,
            "backend": model.backend,
            "threads": model.threads,
        }),
    }
}

/// What the session does; `off` is about the document at `uri`.
pub fn all(session: &Session, workspace: &WorkspaceReader, uri: Option<&str>) -> Value {
    let overview = session.overview(uri);
    let reading = workspace.progress().borrow().clone();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "engine": now(session),
        "paused": overview.paused,
        "off": overview.off,
        "documents": overview.documents,
        "counts": overview.counts,
        "instruct": overview.instruct,
        "interrupts": overview.interrupts,
        "workspace": reading_of(&reading),
        "last": overview.last.as_ref().map(last),
    })
}

/// How far the reading of the workspace is, with a line for people.
fn reading_of(reading: &WorkspaceProgress) -> Value {
    let mut told = json!(reading);
    told["message"] = format!("workspace: {reading}").into();
    told
}

/// What came of the last request, and why nothing was shown.
fn last(last: &LastRequest) -> Value {
    json!({
        "uri": &*last.uri,
        // From 1, as people and command lines count.
        "line": last.place.map(|(line, _)| line + 1),
        "column": last.place.map(|(_, column)| column + 1),
        "by": last.kind,
        "shown": last.reason.is_none(),
        "reason": last.reason.as_ref().map(ToString::to_string),
        "at": last.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        "seconds_ago": last.at.elapsed().unwrap_or_default().as_secs(),
    })
}

/// Sends the client the state and every change of it. Runs for the life of the server.
pub async fn keep_told(session: Arc<Session>, workspace: WorkspaceReader, client: Client) {
    let (mut slot, mut progress) = (session.engine(), workspace.progress());
    let mut last = None;
    loop {
        // Only the state is kept: a reference to the engine would keep a replaced one alive.
        let mut status = slot.borrow_and_update().as_ref().map(|engine| engine.status());
        loop {
            let engine = match &mut status {
                None => json!({ "state": "starting" }),
                Some(status) => told(&session, &status.borrow_and_update()),
            };
            // Most have a folder. Without files there is nothing to say.
            let reading = progress.borrow_and_update().clone();
            let workspace = (reading.files > 0).then(|| reading_of(&reading));
            let now = StatusParams { engine, workspace };
            if last.as_ref() != Some(&now) {
                client.send_notification::<Changed>(now.clone()).await;
                last = Some(now);
            }
            tokio::select! {
                () = changed(status.as_mut()) => {}
                () = read(&mut progress) => {}
                other = slot.changed() => match other {
                    Ok(()) => break,
                    Err(_) => return,
                }
            }
        }
    }
}

/// Waits for another state of the engine.
async fn changed(status: Option<&mut watch::Receiver<Status>>) {
    let gone = match status {
        Some(status) => status.changed().await.is_err(),
        None => true,
    };
    if gone {
        // Only another engine changes that.
        std::future::pending::<()>().await;
    }
}

/// Waits until more of the workspace is read, not more often than anybody can read that.
async fn read(progress: &mut watch::Receiver<WorkspaceProgress>) {
    if progress.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(PAUSE).await;
}
