//! Shows the editor that the workspace is being read, where that takes long enough to be noticed.

use std::time::Duration;

use tokio::sync::watch;
use tower_lsp::Client;
use tower_lsp::lsp_types::{
    NumberOrString, WorkDoneProgress, WorkDoneProgressBegin, WorkDoneProgressEnd, WorkDoneProgressReport,
};

use super::progress::{create, send};
use crate::workspace::{ReadingState, WorkspaceProgress, WorkspaceReader};

/// What takes no longer is not shown.
const NOTICED: Duration = Duration::from_secs(1);
/// Between two reports.
const PAUSE: Duration = Duration::from_millis(300);

/// Runs for the life of the server.
pub async fn watch(workspace: WorkspaceReader, client: Client) {
    let mut progress = workspace.progress();
    let mut shown = 0;
    loop {
        if progress.wait_for(is_read).await.is_err() {
            return;
        }
        tokio::time::sleep(NOTICED).await;
        if !is_read(&progress.borrow_and_update()) {
            continue;
        }
        shown += 1;
        let token = NumberOrString::String(format!("treefill/workspace/{shown}"));
        let shows = create(&client, &token).await;
        if shows {
            show(&client, &token, &mut progress).await;
        }
        if !shows || progress.wait_for(|now| !is_read(now)).await.is_err() {
            return;
        }
    }
}

/// Whether there is something to wait for. A second look for files is none when all were read.
fn is_read(progress: &WorkspaceProgress) -> bool {
    match progress.state {
        ReadingState::Reading => true,
        ReadingState::Looking => progress.files == 0 || progress.read < progress.files,
        ReadingState::Off | ReadingState::Waiting | ReadingState::Done => false,
    }
}

async fn show(client: &Client, token: &NumberOrString, progress: &mut watch::Receiver<WorkspaceProgress>) {
    let now = progress.borrow_and_update().clone();
    let begin = WorkDoneProgressBegin {
        title: "treefill".to_owned(),
        cancellable: Some(false),
        message: Some(format!("workspace: {now}")),
        percentage: Some(percent(&now)),
    };
    send(client, token, WorkDoneProgress::Begin(begin)).await;
    while progress.changed().await.is_ok() {
        let now = progress.borrow_and_update().clone();
        if !is_read(&now) {
            break;
        }
        let report = WorkDoneProgressReport {
            cancellable: Some(false),
            message: Some(format!("workspace: {now}")),
            percentage: Some(percent(&now)),
        };
        send(client, token, WorkDoneProgress::Report(report)).await;
        tokio::time::sleep(PAUSE).await;
    }
    let message = Some(format!("workspace: {}", *progress.borrow()));
    send(client, token, WorkDoneProgress::End(WorkDoneProgressEnd { message })).await;
}

fn percent(progress: &WorkspaceProgress) -> u32 {
    let share = (progress.read * 100).checked_div(progress.files).unwrap_or(0);
    u32::try_from(share).unwrap_or(100)
}
