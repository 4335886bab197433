//! Shows the editor that a model is being read, and reports once when none can be used.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tower_lsp::Client;
use tower_lsp::lsp_types::notification::Progress as Notification;
use tower_lsp::lsp_types::request::WorkDoneProgressCreate;
use tower_lsp::lsp_types::{
    NumberOrString, ProgressParams, ProgressParamsValue, WorkDoneProgress, WorkDoneProgressBegin,
    WorkDoneProgressCreateParams, WorkDoneProgressEnd, WorkDoneProgressReport,
};

use super::client::Messages;
use super::server::Server;
use super::status;
use super::transport::tower_lsp::ask;
use crate::engine::Status;
use crate::session::{Session, StandIn};

/// How long the client may take to agree to a progress display. Nothing else waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Watches the engines of a session.
pub struct ModelProgress {
    session: Arc<Session>,
    client: Client,
    messages: Messages,
    supported: bool,
    shown: u32,
}

impl ModelProgress {
    pub fn new(server: &Server) -> Self {
        Self {
            session: Arc::clone(&server.session),
            client: server.client.clone(),
            messages: server.messages.clone(),
            supported: server.negotiated().progress,
            shown: 0,
        }
    }

    /// Runs for the life of the server.
    pub async fn watch(mut self) {
        let mut slot = self.session.engine();
        let mut told = None;
        loop {
            // Only the state is kept: a reference to the engine would keep a replaced one alive.
            let status = slot.borrow_and_update().as_ref().map(|engine| engine.status());
            let notice = self.session.stand_in().borrow().notice().map(str::to_owned);
            if let Some(notice) = notice.as_deref().filter(|_| notice != told) {
                self.messages.warn(&status::stand_in(notice));
            }
            told = notice;
            if let Some(status) = status {
                self.follow(status).await;
            }
            if slot.changed().await.is_err() {
                return;
            }
        }
    }

    /// Follow one engine until it has failed or is replaced. One that runs may have to read its model again.
    async fn follow(&mut self, mut status: watch::Receiver<Status>) {
        loop {
            if matches!(*status.borrow(), Status::Loading(_)) && self.supported {
                self.shown += 1;
                let token = NumberOrString::String(format!("treefill/model/{}", self.shown));
                if create(&self.client, &token).await {
                    self.show(token, &mut status).await;
                }
            }
            let failure = match status.wait_for(|status| !status.is_coming()).await.as_deref() {
                Ok(Status::Failed(why)) => Some(why.clone()),
                Ok(_) => None,
                Err(_) => return,
            };
            if let Some(why) = failure {
                return self.failed(&why).await;
            }
            if status
                .wait_for(|status| !matches!(status, Status::Ready(_) | Status::Restarting))
                .await
                .is_err()
            {
                return;
            }
        }
    }

    /// Says that there is no model, unless the built-in one stands in: then that is said when it is there.
    async fn failed(&self, why: &str) {
        let mut stand_in = self.session.stand_in();
        let decided = stand_in.wait_for(|stand_in| *stand_in != StandIn::Watching).await;
        if decided.is_ok_and(|stand_in| stand_in.notice().is_none()) {
            self.messages.error(&status::no_model(why));
        }
    }

    async fn show(&self, token: NumberOrString, status: &mut watch::Receiver<Status>) {
        let percent = |status: &Status| match status {
            // In 0 ..= 1 by contract, so the cast keeps its value.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            Status::Loading(share) => Some((share.clamp(0.0, 1.0) * 100.0) as u32),
            _ => None,
        };
        let Some(mut last) = percent(&status.borrow_and_update()) else { return };
        let begin = WorkDoneProgressBegin {
            title: "treefill".to_owned(),
            cancellable: Some(false),
            message: Some(status::LOADING.to_owned()),
            percentage: Some(last),
        };
        send(&self.client, &token, WorkDoneProgress::Begin(begin)).await;
        while status.changed().await.is_ok() {
            let Some(now) = percent(&status.borrow_and_update()) else { break };
            if now != last {
                last = now;
                let report =
                    WorkDoneProgressReport { percentage: Some(now), ..WorkDoneProgressReport::default() };
                send(&self.client, &token, WorkDoneProgress::Report(report)).await;
            }
        }
        let message = match &*status.borrow() {
            Status::Ready(_) => status::READY.to_owned(),
            _ => "There is no model.".to_owned(),
        };
        send(&self.client, &token, WorkDoneProgress::End(WorkDoneProgressEnd { message: Some(message) }))
            .await;
    }
}

/// Asks the client to display progress under `token`; whether it does.
pub async fn create(client: &Client, token: &NumberOrString) -> bool {
    let params = WorkDoneProgressCreateParams { token: token.clone() };
    ask::<WorkDoneProgressCreate>(client, params, PATIENCE).await.is_some()
}

/// Sends the client one step of a progress display.
pub async fn send(client: &Client, token: &NumberOrString, value: WorkDoneProgress) {
    let params = ProgressParams { token: token.clone(), value: ProgressParamsValue::WorkDone(value) };
    client.send_notification::<Notification>(params).await;
}
