//! Tests what is too large (row 13), and what is hard to parse (row 14).

use std::time::{Duration, Instant};

use serde_json::json;
use treefill::document::Snapshot;

use super::support::{self, Editor};
use crate::{soak, testing};

const MIB: usize = 1 << 20;

/// A document that is opened in one frame of so many bytes of text.
fn opened(editor: &mut Editor, uri: &str, bytes: usize) {
    // No escapes: its frame is as long as it is.
    let text = "x = 'some text that is nobody has to read'; y = 12345678901234 ".repeat(bytes / 63 + 1);
    let head = format!(
        r#"{{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{{"textDocument":{{"uri":"{uri}","languageId":"python","version":1,"text":""#
    );
    let body = [&head, &text[..bytes], "\"}}}"].concat();
    editor.client.frame(&body);
}

#[test]
fn a_file_of_a_hundred_megabytes_holds_nobody_up() {
    let mut editor = Editor::start();
    editor.until("ready");
    editor.open("file:///b.py", "x1 = \n");
    let process = editor.process();
    // The languages and the patterns of keys are loaded: their memory is not that of a file.
    assert_eq!(editor.suggested("file:///b.py", "x1 = ").as_deref(), Some("1"));
    let mut told = Vec::new();
    // The first is within the limit of a frame, the second is skipped as it arrives.
    let within = if cfg!(debug_assertions) { 10 } else { 50 };
    for (size, most) in [(within * MIB, 3 * within * 1024), (100 * MIB, 3 * 100 * 1024)] {
        let before = process.resident();
        process.forget_peak();
        let uri = format!("file:///{size}.py");
        opened(&mut editor, &uri, size);
        let start = Instant::now();
        editor.status();
        let first = start.elapsed();
        let growth = usize::try_from(process.peak().saturating_sub(before)).unwrap();
        assert!(growth <= most, "{} MiB for a file of {} MiB", growth / 1024, size / MIB);
        let start = Instant::now();
        assert_eq!(editor.suggested("file:///b.py", "x1 = ").as_deref(), Some("1"));
        let other = start.elapsed();
        assert!(other <= soak::limit(Duration::from_millis(100)), "{other:?}");
        assert_eq!(editor.suggested(&uri, "x = "), None, "nothing is parsed, so nothing is suggested");
        told.push(format!(
            "{} MiB: {:.1} × its size, next answer after {first:.1?}, then another document's {other:.1?}",
            size / MIB,
            growth as f64 * 1024.0 / size as f64
        ));
    }
    soak::figure(13, told.join("; "));
    editor.end();
}

/// `levels` blocks, each one space deeper, and a string at the bottom.
fn nested(levels: usize) -> String {
    let blocks: String = (0..levels).map(|level| format!("{}if x:\n", " ".repeat(level))).collect();
    format!("{blocks}{}'s'\n", " ".repeat(levels))
}

/// Texts that parsers take badly, of up to a megabyte, or a part of that.
fn pathological(part: usize) -> Vec<(&'static str, &'static str, String)> {
    let many = |text: &str, bytes: usize| text.repeat(bytes / part / text.len());
    let python = |name, text| ("python", name, text);
    let rust = |name, text| ("rust", name, text);
    vec![
        python("511 indents", nested(511)),
        python("370 indents", nested(370)),
        python("open brackets", many("(", MIB)),
        python("open brackets of all kinds", many("([{", MIB)),
        python("open format strings", many("f'{", 200_000)),
        python("closers", many(")]}", MIB)),
        python("one call after another", many("a(", 200_000) + &many(")", 100_000)),
        python("attributes", many("a.", MIB)),
        python("nots", many("not ", 200_000)),
        python("lambdas", many("lambda: ", 200_000)),
        python("an open docstring", format!("'''{}", many("x ", MIB))),
        python("line joins", many("\\\n", 200_000)),
        python("elses", many("else:\n", 200_000)),
        python("random text", noise(100_000 / part)),
        rust("open brackets", many("(", MIB)),
        rust("open comments", many("/*", 200_000)),
        rust("generics", many("a<", 200_000)),
        rust("references", many("&", 200_000)),
        rust("blocks", many("{", 200_000)),
        rust("closures", many("||", 200_000)),
        rust("attributes", many("#[", 200_000)),
        rust("an open raw string", format!("r#\"{}", many("x ", MIB))),
        rust("random text", noise(100_000 / part)),
    ]
}

/// Letters, brackets and quotes in no order, the same each time.
fn noise(length: usize) -> String {
    let letters: Vec<char> = "abc(){}[]'\"<>|&#:;,. \n\tifdefé\\/*=".chars().collect();
    let mut state = 7_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        letters[(state >> 33) as usize % letters.len()]
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn no_text_holds_the_parser_up() {
    let mut times = Vec::new();
    let part = if cfg!(debug_assertions) { 8 } else { 1 };
    for (language, name, text) in pathological(part) {
        let snapshot = Snapshot::of_text("a", &text, testing::language(language));
        let start = support::computed();
        let parsed = snapshot.try_parse_within(Duration::from_millis(50));
        times.push((support::computed() - start, name, parsed.is_ok()));
    }
    times.sort();
    let (longest, name, _) = times.last().unwrap();
    let stopped = times.iter().filter(|(_, _, parsed)| !parsed).count();
    let count = times.len();
    soak::figure(
        14,
        format!(
            "{count} texts with 50 ms each: {stopped} given up, longest {longest:.1?} ({name}), no abort"
        ),
    );
    assert!(*longest <= soak::limit(Duration::from_millis(100)), "{times:?}");
}

#[test]
fn no_text_ends_the_server_or_holds_other_documents_up() {
    let mut editor = Editor::start();
    editor.until("ready");
    editor.open("file:///b.py", "x1 = \n");
    editor.suggested("file:///b.py", "x1 = ");
    let mut times = Vec::new();
    // Texts of this size are worked on for a second, where nothing is optimised longer.
    let part = if cfg!(debug_assertions) { 1000 } else { 50 };
    for (number, (language, name, text)) in pathological(part).into_iter().enumerate() {
        let uri = format!("file:///{number}");
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": text });
        editor.client.notify("textDocument/didOpen", json!({ "textDocument": document }));
        let at = json!({ "line": 0, "character": 6 });
        let document = json!({ "uri": uri });
        let range = json!({ "start": at, "end": at });
        let context = json!({ "diagnostics": [], "triggerKind": 1 });
        let params = json!({ "textDocument": document, "position": at, "range": range, "context": context });
        let asked = ["textDocument/inlineCompletion", "textDocument/codeAction"]
            .map(|method| editor.client.request(method, params.clone()));
        let start = Instant::now();
        assert_eq!(editor.suggested("file:///b.py", "x1 = ").as_deref(), Some("1"));
        times.push((start.elapsed(), name));
        for id in asked {
            editor.client.notify("$/cancelRequest", json!({ "id": id }));
            editor.client.answer(id);
        }
        editor.close(&uri);
    }
    let (count, (longest, name)) = (times.len(), times.into_iter().max().unwrap());
    soak::figure(
        14,
        format!(
            "{count} texts asked about: the server goes on; another document's suggestion after {longest:.1?} at most ({name})"
        ),
    );
    assert!(longest < soak::limit(Duration::from_secs(5)), "{longest:?} ({name})");
    editor.end();
}
