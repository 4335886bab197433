//! Asks an engine process one question without becoming its client: for the command line. It blocks.

use std::path::Path;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use tokio::net::UnixStream;

use super::wire::{self, DaemonRequest, DaemonResponse, EngineReport};

/// An engine answers from a thread that does nothing else.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the engine at `socket` says of itself; none when nobody answers there.
pub fn report(socket: &Path) -> Option<EngineReport> {
    match ask(socket, &DaemonRequest::Report)? {
        DaemonResponse::Report(report) => Some(*report),
        _ => None,
    }
}

/// Tell the engine at `socket` to end. False when nobody answers there.
pub fn stop(socket: &Path) -> bool {
    matches!(ask(socket, &DaemonRequest::Stop), Some(DaemonResponse::Goodbye))
}

fn ask(socket: &Path, request: &DaemonRequest) -> Option<DaemonResponse> {
    // On a thread of its own, so that it may be called from inside a runtime too.
    std::thread::scope(|scope| scope.spawn(|| exchange(socket, request)).join().ok()?)
}

fn exchange(socket: &Path, request: &DaemonRequest) -> Option<DaemonResponse> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let exchange = async {
            let (mut reader, mut writer) = wire::framed(UnixStream::connect(socket).await.ok()?);
            wire::trust(&mut reader);
            writer.send(wire::encode(request)).await.ok()?;
            wire::decode(&reader.next().await?.ok()?).ok()
        };
        tokio::time::timeout(PATIENCE, exchange).await.ok()?
    })
}
