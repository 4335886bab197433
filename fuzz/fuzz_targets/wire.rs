//! Fuzzes what comes through the engine's socket: any bytes are refused or understood, and what is understood can be said again.
#![no_main]

use std::fmt::Debug;
use std::sync::LazyLock;

use futures::StreamExt as _;
use libfuzzer_sys::fuzz_target;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use tokio::runtime::Runtime;
use treefill::engine::daemon::launch::Launch;
use treefill::engine::daemon::wire::{self, DaemonRequest, DaemonResponse};

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());

/// Said again it is the same: once through the wire every number is one that JSON can carry.
fn same<M>(message: &M)
where
    M: serde::Serialize + serde::de::DeserializeOwned + Debug,
{
    let said = wire::encode(message);
    let again: M = wire::decode(&said[..].into()).expect("what was said is understood");
    assert_eq!(wire::encode(&again), said, "{message:?}");
}

fn understood(frame: &[u8]) {
    if let Ok(message) = wire::decode::<DaemonRequest>(&frame.into()) {
        same(&message);
    }
    if let Ok(message) = wire::decode::<DaemonResponse>(&frame.into()) {
        same(&message);
    }
    if let Ok(launch) = serde_json::from_slice::<Launch>(frame) {
        same(&launch);
    }
}

/// Frames in the bytes as they come through a socket.
async fn frames(bytes: &[u8], trusted: bool) -> Vec<Vec<u8>> {
    let (mut sender, receiver) = UnixStream::pair().unwrap();
    let (mut reader, _writer) = wire::framed(receiver);
    if trusted {
        wire::trust(&mut reader);
    }
    // Fits into the socket's buffer.
    sender.write_all(bytes).await.unwrap();
    drop(sender);
    let mut found = Vec::new();
    while let Some(Ok(frame)) = reader.next().await {
        found.push(frame.to_vec());
    }
    found
}

fuzz_target!(|data: &[u8]| {
    let Some((&first, data)) = data.split_first() else { return };
    if first % 2 == 0 {
        return understood(data);
    }
    let found = RUNTIME.block_on(frames(data, first % 4 == 1));
    assert!(found.iter().map(|frame| frame.len() + 4).sum::<usize>() <= data.len());
    found.iter().for_each(|frame| understood(frame));
});
