//! Puts messages to the client in order, and owns the output.

use std::io::{BufWriter, Write};
use std::sync::mpsc;

use futures::{FutureExt, Stream, StreamExt};
use tokio::sync::mpsc::UnboundedReceiver;
use tower_lsp::jsonrpc::Request;

use super::event::ServerEvent;

/// Starts the thread that owns `output`: a client that does not read blocks this thread only.
pub fn spawn<W: Write + Send + 'static>(
    output: W,
    events: mpsc::Sender<ServerEvent>,
) -> mpsc::Sender<String> {
    let (sender, bodies) = mpsc::channel::<String>();
    let write = move || {
        let mut output = BufWriter::with_capacity(64 << 10, output);
        let event = match write_all(&mut output, &bodies) {
            Ok(()) => ServerEvent::Drained,
            Err(_) => ServerEvent::OutputClosed,
        };
        // Nobody listens any more once the server has ended.
        let _ = events.send(event);
    };
    std::thread::Builder::new().name("writer".into()).spawn(write).expect("a thread can be started");
    sender
}

fn write_all(output: &mut impl Write, bodies: &mpsc::Receiver<String>) -> std::io::Result<()> {
    while let Ok(first) = bodies.recv() {
        // Everything that waits goes out in one write.
        for body in std::iter::once(first).chain(bodies.try_iter()) {
            write!(output, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        }
        output.flush()?;
    }
    Ok(())
}

/// Merges messages to the client with answers. What a handler sent before it answered is written before its answer:
/// without the drain, about one in fifty messages came after the answer they belonged to.
pub async fn order(
    mut requests: impl Stream<Item = Request> + Unpin,
    mut answers: UnboundedReceiver<String>,
    out: mpsc::Sender<String>,
) {
    // A closed writer has reported itself; the rest has nowhere to go.
    let send = |body: String| drop(out.send(body));
    loop {
        tokio::select! {
            biased;
            Some(request) = requests.next() => send(request.to_string()),
            answer = answers.recv() => {
                while let Some(Some(request)) = requests.next().now_or_never() {
                    send(request.to_string());
                }
                match answer {
                    Some(answer) => send(answer),
                    None => return,
                }
            }
        }
    }
}
