//! Tests the frame pump under a service of its own: order, cancellation, panics, silent clients, the end.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{InitializeParams, InitializeResult, MessageType};
use tower_lsp::{Client, LanguageServer, LspService};
use treefill::lsp::transport::ServerEvent;

use super::support::Pumped;
use crate::soak;

/// A server whose document is a number.
struct Numbers {
    client: Client,
    seen: AtomicI64,
    /// Requests of `test/look` answer only when there is a permit.
    gate: Arc<Semaphore>,
}

#[tower_lsp::async_trait]
impl LanguageServer for Numbers {
    async fn initialize(&self, _: InitializeParams) -> Result<InitializeResult> {
        Ok(InitializeResult::default())
    }

    async fn shutdown(&self) -> Result<()> {
        Ok(())
    }
}

impl Numbers {
    /// Breaks order on purpose where the transport would allow it: one in three waits.
    async fn note(&self, params: Value) {
        let number = params["number"].as_i64().unwrap();
        if number % 3 == 0 {
            tokio::task::yield_now().await;
        }
        let before = self.seen.swap(number, Ordering::SeqCst);
        assert_eq!(before + 1, number, "notifications lost their order");
    }

    async fn look(&self) -> Result<Value> {
        let seen = self.seen.load(Ordering::SeqCst);
        let _permit = self.gate.acquire().await.unwrap();
        Ok(json!(seen))
    }

    async fn hang(&self) -> Result<Value> {
        std::future::pending().await
    }

    async fn block(&self) -> Result<Value> {
        loop {
            std::thread::park();
        }
    }

    async fn panic(&self) -> Result<Value> {
        panic!("on purpose");
    }

    async fn panic_later(&self) -> Result<Value> {
        tokio::task::yield_now().await;
        panic!("on purpose");
    }

    async fn panic_in_notification(&self) {
        panic!("on purpose");
    }

    /// Says three things before it answers.
    async fn talk(&self) -> Result<Value> {
        for number in 0..3 {
            self.client.log_message(MessageType::LOG, number).await;
        }
        Ok(Value::Null)
    }

    /// Asks the client something and waits for the answer.
    async fn ask(&self) -> Result<Value> {
        let answer = self.client.configuration(Vec::new()).await?;
        Ok(json!(answer))
    }
}

fn start() -> (Pumped, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let service = move |_| {
        LspService::build(|client| Numbers { client, seen: AtomicI64::new(0), gate: held })
            .custom_method("test/note", Numbers::note)
            .custom_method("test/look", Numbers::look)
            .custom_method("test/hang", Numbers::hang)
            .custom_method("test/block", Numbers::block)
            .custom_method("test/panic", Numbers::panic)
            .custom_method("test/panicLater", Numbers::panic_later)
            .custom_method("test/panicInNotification", Numbers::panic_in_notification)
            .custom_method("test/talk", Numbers::talk)
            .custom_method("test/ask", Numbers::ask)
            .finish()
    };
    let mut pumped = Pumped::start(service);
    pumped.connection.call("initialize", json!({ "capabilities": {} }));
    (pumped, gate)
}

fn send_bare(pumped: &mut Pumped, id: &str, method: &str) {
    pumped.connection.frame(&format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}"}}"#));
}

fn note(pumped: &mut Pumped, number: i64) {
    pumped.connection.notify("test/note", json!({ "number": number }));
}

#[test]
fn six_hundred_changes_and_sixty_four_requests_in_flight_keep_their_order() {
    let rounds = soak::count(1, 100);
    for _ in 0..rounds {
        let (mut pumped, gate) = start();
        let mut expected = Vec::new();
        for number in 1..=600 {
            note(&mut pumped, number);
            if number % 9 == 0 && expected.len() < 64 {
                send_bare(&mut pumped, &(1000 + number).to_string(), "test/look");
                expected.push(number);
            }
        }
        assert_eq!(expected.len(), 64);
        gate.add_permits(64);
        for number in expected {
            assert_eq!(pumped.connection.answer(1000 + number)["result"], number);
        }
        send_bare(&mut pumped, "1", "test/look");
        assert_eq!(pumped.connection.answer(1)["result"], 600);
    }
    soak::figure(3, format!("{rounds} × 600 changes with 64 requests in flight: 0 inversions"));
}

#[test]
fn a_cancelled_request_is_answered_at_once_and_its_id_is_free_again() {
    let (mut pumped, _gate) = start();
    for id in ["1", "1.5", "\"one\"", "123456789012345678901234567890"] {
        for _ in 0..2 {
            send_bare(&mut pumped, id, "test/hang");
            pumped.connection.frame(&format!(r#"{{"method":"$/cancelRequest","params":{{"id":{id}}}}}"#));
            let answer = pumped.connection.next();
            assert_eq!(answer["error"]["code"], -32800);
            assert_eq!(answer["id"], serde_json::from_str::<Value>(id).unwrap());
        }
    }
}

#[test]
fn sixty_four_requests_are_cancelled_within_moments() {
    let (mut pumped, _gate) = start();
    for id in 1..=64 {
        send_bare(&mut pumped, &id.to_string(), "test/hang");
    }
    let start = Instant::now();
    for id in 1..=64 {
        pumped.connection.notify("$/cancelRequest", json!({ "id": id }));
    }
    for id in 1..=64 {
        assert_eq!(pumped.connection.answer(id)["error"]["code"], -32800);
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn an_id_in_use_is_refused() {
    let (mut pumped, gate) = start();
    send_bare(&mut pumped, "7", "test/look");
    send_bare(&mut pumped, "7", "test/look");
    assert_eq!(pumped.connection.answer(7)["error"]["code"], -32600);
    gate.add_permits(1);
    assert_eq!(pumped.connection.answer(7)["result"], 0);
}

#[test]
fn a_panic_costs_one_request() {
    let (mut pumped, gate) = start();
    gate.add_permits(1);
    for method in ["test/panic", "test/panicLater"] {
        send_bare(&mut pumped, "5", method);
        let answer = pumped.connection.answer(5);
        assert_eq!(answer["error"]["code"], -32603);
        assert!(
            !answer.to_string().contains("on purpose"),
            "the message of a panic may quote the user's text"
        );
    }
    pumped.connection.send(&json!({ "method": "test/panicInNotification" }));
    note(&mut pumped, 1);
    send_bare(&mut pumped, "5", "test/look");
    assert_eq!(pumped.connection.answer(5)["result"], 1);
}

#[test]
fn unknown_methods_are_refused_and_notifications_of_them_ignored() {
    let (mut pumped, _gate) = start();
    for method in ["nothing", "$/nothing"] {
        send_bare(&mut pumped, "1", method);
        assert_eq!(pumped.connection.answer(1)["error"]["code"], -32601);
        pumped.connection.notify(method, json!({}));
    }
}

#[test]
fn a_client_that_never_answers_stops_nobody_else() {
    let (mut pumped, gate) = start();
    let start = Instant::now();
    for id in 1..=8 {
        send_bare(&mut pumped, &id.to_string(), "test/ask");
    }
    for number in 1..=1000 {
        note(&mut pumped, number);
    }
    gate.add_permits(1);
    send_bare(&mut pumped, "9", "test/look");
    assert_eq!(pumped.connection.answer(9)["result"], 1000);
    let took = start.elapsed();
    soak::figure(7, format!("8 unanswered requests and 1 000 notifications: all applied after {took:.0?}"));
    assert!(took < soak::limit(Duration::from_secs(2)), "{took:?}");
    for _ in 1..=8 {
        pumped.connection.message("workspace/configuration");
    }
    for id in 1..=8 {
        pumped.connection.notify("$/cancelRequest", json!({ "id": id }));
        assert_eq!(pumped.connection.answer(id)["error"]["code"], -32800);
    }
}

#[test]
fn an_answer_reaches_its_asker_and_a_late_one_does_no_harm() {
    let (mut pumped, _gate) = start();
    send_bare(&mut pumped, "1", "test/ask");
    let id = pumped.connection.message("workspace/configuration")["id"].clone();
    pumped.connection.send(&json!({ "jsonrpc": "2.0", "id": id, "result": [1], "extra": true }));
    assert_eq!(pumped.connection.answer(1)["result"], json!([1]));

    send_bare(&mut pumped, "2", "test/ask");
    let id = pumped.connection.message("workspace/configuration")["id"].clone();
    pumped.connection.notify("$/cancelRequest", json!({ "id": 2 }));
    pumped.connection.answer(2);
    pumped.connection.send(&json!({ "jsonrpc": "2.0", "id": id, "result": [] }));
    pumped
        .connection
        .send(&json!({ "jsonrpc": "2.0", "id": "never asked", "error": { "code": 1, "more": 2 } }));
    send_bare(&mut pumped, "3", "test/talk");
    pumped.connection.answer(3);
    (0..3).for_each(|_| drop(pumped.connection.message("window/logMessage")));
}

#[test]
fn what_a_handler_says_comes_before_its_answer() {
    let (mut pumped, _gate) = start();
    for id in 0..100 {
        send_bare(&mut pumped, &id.to_string(), "test/talk");
        for number in 0..3 {
            assert_eq!(pumped.connection.next()["params"]["message"], number.to_string());
        }
        assert_eq!(pumped.connection.next()["id"], id);
    }
}

#[test]
fn before_initialize_requests_are_refused_and_shutdown_takes_odd_parameters() {
    let service = |_| {
        LspService::build(|client| Numbers {
            client,
            seen: AtomicI64::new(0),
            gate: Arc::new(Semaphore::new(0)),
        })
        .custom_method("test/hang", Numbers::hang)
        .finish()
    };
    let mut pumped = Pumped::start(service);
    send_bare(&mut pumped, "1", "test/hang");
    assert_eq!(pumped.connection.answer(1)["error"]["code"], -32002);
    pumped.connection.call("initialize", json!({ "capabilities": {} }));
    for params in [json!({}), json!([])] {
        let id = pumped.connection.request("shutdown", params);
        // The second one is refused because the first one counted.
        pumped.connection.answer(id);
    }
    pumped.connection.send(&json!({ "jsonrpc": "2.0", "method": "exit" }));
    assert_eq!(pumped.ended(), 0);
}

#[test]
fn shutdown_and_exit_in_one_write_end_with_an_answer_and_code_0() {
    let (mut pumped, _gate) = start();
    for id in 1..=4 {
        send_bare(&mut pumped, &id.to_string(), "test/hang");
    }
    let frame = |body: &str| format!("Content-Length: {}\r\n\r\n{body}", body.len());
    let both = frame(r#"{"jsonrpc":"2.0","id":"s","method":"shutdown","params":null}"#)
        + &frame(r#"{"jsonrpc":"2.0","method":"exit"}"#)
        + &frame(r#"{"jsonrpc":"2.0","method":"test/note","params":{}}"#);
    let start = Instant::now();
    pumped.connection.raw(both.as_bytes());
    assert_eq!(pumped.ended(), 0);
    let took = start.elapsed();
    soak::figure(19, format!("shutdown and exit in one write: answered, code 0 after {took:.0?}"));
    assert!(took < Duration::from_secs(2));
    assert!(pumped.connection.rest().iter().any(|answer| answer["id"] == "s" && answer["result"].is_null()));
}

#[test]
fn exit_without_shutdown_is_code_1() {
    let (mut pumped, _gate) = start();
    pumped.connection.notify("exit", Value::Null);
    assert_eq!(pumped.ended(), 1);
}

#[test]
fn requests_right_before_the_end_of_the_input_are_answered() {
    let (mut pumped, gate) = start();
    for id in 1..=20 {
        send_bare(&mut pumped, &id.to_string(), "test/look");
    }
    pumped.connection.hang_up();
    gate.add_permits(20);
    for id in 1..=20 {
        assert_eq!(pumped.connection.answer(id)["result"], 0);
    }
    assert_eq!(pumped.ended(), 1);
}

#[test]
fn handlers_that_block_every_thread_do_not_keep_it_alive() {
    for end in [ServerEvent::Exit, ServerEvent::EndOfInput, ServerEvent::Terminated] {
        let (mut pumped, _gate) = start();
        for id in 1..=3 {
            send_bare(&mut pumped, &id.to_string(), "test/block");
        }
        let start = Instant::now();
        match end {
            ServerEvent::Exit => pumped.connection.notify("exit", Value::Null),
            ServerEvent::EndOfInput => pumped.connection.hang_up(),
            event => pumped.events.send(event).unwrap(),
        }
        pumped.ended();
        assert!(start.elapsed() < Duration::from_secs(2), "{end:?}: {:?}", start.elapsed());
    }
}
