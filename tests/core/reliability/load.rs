//! Tests ten documents at fifty keys a second each (row 12): the latest answer is right, none is stale, keys are taken at once.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::support::{Editor, suggestion};
use crate::soak;

const DOCUMENTS: usize = 10;
/// A build without optimisation cannot keep up with more.
const KEYS_PER_SECOND: usize = if cfg!(debug_assertions) { 10 } else { 50 };
/// The change of a document, and the answer to a question behind it.
const LIMIT: Duration = Duration::from_millis(5);

fn uri(document: usize) -> String {
    format!("file:///{document}.py")
}

fn line(key: usize) -> String {
    format!("x{key} = ")
}

/// Answers as they come: requests for suggestions, and questions behind a change.
#[derive(Default)]
struct Answers {
    asked: HashMap<i64, (usize, usize)>,
    questions: HashMap<i64, Instant>,
    times: Vec<Duration>,
    shown: usize,
    /// The key that each document's last suggestion was for.
    latest: [usize; DOCUMENTS],
}

impl Answers {
    fn take(&mut self, message: &Value) {
        let Some(id) = message["id"].as_i64().filter(|_| message.get("method").is_none()) else { return };
        if let Some(start) = self.questions.remove(&id) {
            self.times.push(start.elapsed());
        }
        let Some((document, key)) = self.asked.remove(&id) else { return };
        if let Some(text) = suggestion(message) {
            assert_eq!(text, key.to_string(), "a stale answer");
            self.shown += 1;
            self.latest[document] = self.latest[document].max(key);
        }
    }
}

#[test]
fn ten_documents_at_fifty_keys_a_second() {
    let mut editor = Editor::start();
    editor.until("ready");
    let mut lengths = [0; DOCUMENTS];
    for document in 0..DOCUMENTS {
        editor.open(&uri(document), "\ndef f(x):\n    return x\n");
        // The first one waits for the languages.
        editor.suggested(&uri(document), "");
    }
    let keys = soak::count(2, 60) * KEYS_PER_SECOND;
    let mut answers = Answers::default();
    let tick = Duration::from_secs(1) / u32::try_from(DOCUMENTS * KEYS_PER_SECOND).unwrap();
    let start = Instant::now();
    for number in 0..keys * DOCUMENTS {
        let (document, key) = (number % DOCUMENTS, 1 + number / DOCUMENTS);
        let (uri, line) = (uri(document), line(key));
        let sent = Instant::now();
        editor.edit(&uri, key + 1, lengths[document], &line);
        lengths[document] = line.len();
        if number % 13 == 0 {
            let command = json!({ "command": "treefill.status" });
            answers.questions.insert(editor.client.request("workspace/executeCommand", command), sent);
        }
        answers.asked.insert(editor.ask(&uri, line.len()), (document, key));
        // No sleep: what comes meanwhile is looked at when it comes.
        let next = start + tick * u32::try_from(number + 1).unwrap();
        while let Some(message) =
            editor.client.next_within(next.saturating_duration_since(Instant::now()).min(tick))
        {
            answers.take(&message);
        }
    }
    let lasted = start.elapsed();
    while !answers.asked.is_empty() || !answers.questions.is_empty() {
        answers.take(&editor.client.next());
    }
    assert_eq!(answers.latest, [keys; DOCUMENTS], "the latest request of each document has its suggestion");
    let (count, (p99, worst)) = (answers.times.len(), soak::p99(answers.times));
    soak::figure(
        12,
        format!(
            "{} keys ({KEYS_PER_SECOND}/s each) in {lasted:.1?}, {} suggestions, 0 stale; change and a question behind it ({count}): p99 {p99:.1?}, worst {worst:.1?}",
            keys * DOCUMENTS,
            answers.shown
        ),
    );
    assert!(p99 <= soak::limit(LIMIT), "{p99:?}");
    editor.end();
}
