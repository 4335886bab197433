//! What the engine is doing, for clients that show it: asked for by `treefill.status`, sent as `treefill/status` to those
//! that announce `experimental.treefillStatus`. Progress for all others is `progress.rs`.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::Client;
use tower_lsp::lsp_types::notification::Notification;

use crate::engine::Status;
use crate::session::Session;

/// `treefill/status`.
enum Changed {}

/// Its parameters: the member `engine` of what `treefill.status` returns.
#[derive(Debug, Serialize, Deserialize)]
struct Told {
    engine: Value,
}

impl Notification for Changed {
    type Params = Told;
    const METHOD: &'static str = "treefill/status";
}

/// The engine's state now.
pub fn now(session: &Session) -> Value {
    match &*session.engine().borrow() {
        None => json!({ "state": "starting" }),
        Some(engine) => describe(&engine.status().borrow()),
    }
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

/// Tell the client of every change, and of the state at the beginning. Run for the life of the server.
pub async fn watch(session: Arc<Session>, client: Client) {
    let mut slot = session.engine();
    let mut last = Value::Null;
    loop {
        // Only the state is kept: whoever held the engine would keep a replaced one alive.
        let mut status = slot.borrow_and_update().as_ref().map(|engine| engine.status());
        loop {
            let engine = match &mut status {
                None => json!({ "state": "starting" }),
                Some(status) => describe(&status.borrow_and_update()),
            };
            if engine != last {
                last = engine.clone();
                client.send_notification::<Changed>(Told { engine }).await;
            }
            let changed = async {
                let gone = match &mut status {
                    Some(status) => status.changed().await.is_err(),
                    None => true,
                };
                if gone {
                    // Only another engine changes that.
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = changed => {}
                other = slot.changed() => match other {
                    Ok(()) => break,
                    Err(_) => return,
                }
            }
        }
    }
}
