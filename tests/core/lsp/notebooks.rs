//! Tests notebooks: their cells are read as one document, and each keeps its edits to itself.

mod book;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use treefill::engine::MemoryText;

use self::book::{BOOK, Book, cell, document, read, uri};

fn titles(fixes: &[(String, Value)]) -> Vec<&str> {
    fixes.iter().map(|(title, _)| title.as_str()).collect()
}

#[test]
fn notebooks_are_announced() {
    let book = Book::start("", "");
    let sync = &book.server.capabilities["notebookDocumentSync"];
    let selector = json!([{ "notebook": "*", "cells": [{ "language": "python" }] }]);
    assert_eq!(sync["notebookSelector"], selector);
}

#[test]
fn a_cell_s_prompt_has_the_cells_before_it_and_behind_it_and_follows_their_changes() {
    let mut book = Book::start("1", "");
    book.open(&["import os", "rate = 2\n", "x = ", "def late():\n    pass"]);
    let expected = "import os\n\nrate = 2\n\nx = ˇ\n\ndef late():\n    pass";
    assert_eq!(book.prompt(2, 0, 4), expected);
    book.type_at(1, 0, 8, "5\nprice = '𝒳é'");
    // Behind a letter of two units.
    book.type_at(1, 1, 11, "ü");
    assert_eq!(book.prompt(2, 0, 4), expected.replace("rate = 2", "rate = 25\nprice = '𝒳üé'"));
}

#[test]
fn the_cells_of_code_are_remembered_while_they_are_open() {
    let mut book = Book::start("", "");
    book.open(&["import csv\n", "rows = 1\n", "Some prose.\n"]);
    book.change(json!({ "data": [cell(2, 1)] }));
    book.type_at(1, 0, 8, "2");
    book.type_at(2, 0, 0, "More: ");
    let texts = |known: &BTreeMap<String, MemoryText>| -> Vec<(String, String)> {
        known.values().map(|text| (text.document.clone(), text.text.clone())).collect()
    };
    let two = vec![(uri(0), "import csv\n".to_owned()), (uri(1), "rows = 12\n".to_owned())];
    book.until(|known| texts(known) == two);
    let gone = json!({ "start": 0, "deleteCount": 1, "cells": [] });
    let closed = json!([{ "uri": uri(0) }]);
    book.change(json!({ "structure": { "array": gone, "didClose": closed } }));
    book.until(|known| texts(known) == two[1..]);
}

#[test]
fn a_suggestion_is_in_its_cell() {
    let mut book = Book::start("late(1)", "");
    book.open(&["import os\nimport re\n", "é = 'a'; x = ()", "def late(a):\n    pass"]);
    let item = &book.items(&uri(1), 0, 14)[0];
    let place = json!({ "line": 0, "character": 14 });
    assert_eq!(
        (&item["insertText"], &item["range"]),
        (&json!("late(1)"), &json!({ "start": place, "end": place }))
    );
}

#[test]
fn cells_come_go_move_and_change_their_kind() {
    let mut book = Book::start("1", "");
    book.open(&["a = 1", "b = 2", "x = "]);
    let structure = |start, count, cells: Value, opened: Value, closed: Value| {
        let array = json!({ "start": start, "deleteCount": count, "cells": cells });
        json!({ "structure": { "array": array, "didOpen": opened, "didClose": closed } })
    };
    // Another one in the middle, and one of text.
    let opened = json!([document(7, "c = 3"), document(8, "prose")]);
    book.change(structure(1, 0, json!([cell(7, 2), cell(8, 1)]), opened, Value::Null));
    assert_eq!(book.prompt(2, 0, 4), "a = 1\n\nc = 3\n\nb = 2\n\nx = ˇ");
    assert!(book.items(&uri(8), 0, 5).is_empty(), "nothing is suggested in prose");
    // The first one moves to the end.
    book.change(structure(
        0,
        5,
        json!([cell(7, 2), cell(8, 1), cell(1, 2), cell(2, 2), cell(0, 2)]),
        Value::Null,
        Value::Null,
    ));
    assert_eq!(book.prompt(2, 0, 4), "c = 3\n\nb = 2\n\nx = ˇ\n\na = 1");
    book.change(json!({ "data": [cell(7, 1), cell(8, 2)] }));
    assert_eq!(book.prompt(2, 0, 4), "prose\n\nb = 2\n\nx = ˇ\n\na = 1");
    book.change(structure(1, 2, json!([]), json!([]), json!([{ "uri": uri(8) }, { "uri": uri(1) }])));
    assert_eq!(book.prompt(2, 0, 4), "x = ˇ\n\na = 1");
    assert_eq!(book.documents(), 3);
    // Odd numbers break nothing.
    book.change(structure(90, 7, json!([]), json!([]), json!([])));
    book.change(json!(null));
    assert_eq!(book.prompt(2, 0, 4), "x = ˇ\n\na = 1");
}

#[test]
fn a_closed_notebook_is_forgotten() {
    let mut book = Book::start("1", "");
    book.open(&["secret_plan = 1", "x = "]);
    assert_eq!(book.documents(), 2);
    let params = json!({ "notebookDocument": { "uri": BOOK }, "cellTextDocuments": [{ "uri": uri(0) }] });
    book.server.client().notify("notebookDocument/didClose", params);
    assert_eq!(book.documents(), 0);
    book.server.open_as(&uri(1), "python", "x = ");
    assert_eq!(book.prompt(1, 0, 4), "x = ˇ");
    // Opened twice, it is the second one.
    book.open(&["a = 1", "x = ", "b = 2"]);
    book.open(&["c = 1", "x = "]);
    assert_eq!((book.documents(), book.prompt(1, 0, 4)), (json!(2), "c = 1\n\nx = ˇ".to_owned()));
}

#[test]
fn cells_that_come_as_documents_are_a_notebook_too() {
    let mut book = Book::start("1", "");
    // Not in the order of the notebook, and beside another notebook.
    for (number, text) in [(10, "z = 10"), (2, "x = "), (0, "a = 0"), (1, "b = 1")] {
        book.server.open_as(&uri(number), "python", text);
    }
    book.server.open_as("vscode-notebook-cell:/w/other.ipynb#W0", "python", "strange = 1");
    book.server.open_as(&uri(3), "markdown", "prose");
    assert_eq!(book.prompt(2, 0, 4), "a = 0\n\nb = 1\n\nx = ˇ\n\nz = 10");
    book.server.client().notify("textDocument/didClose", json!({ "textDocument": { "uri": uri(0) } }));
    assert_eq!(book.prompt(2, 0, 4), "b = 1\n\nx = ˇ\n\nz = 10");
    // Names that say nothing of the order: as they were opened.
    for (name, text) in [("f3a9", "first = 1"), ("0b77", "x = ")] {
        book.server.open_as(&format!("vscode-notebook-cell:/w/third.ipynb#{name}"), "python", text);
    }
    let before = book.engine.jobs().len();
    book.items("vscode-notebook-cell:/w/third.ipynb#0b77", 0, 4);
    assert_eq!(read(&book.engine.jobs()[before]), "first = 1\n\nx = ˇ");
}

#[test]
fn names_and_imports_of_other_cells_are_known_to_repairs_which_stay_in_the_cell() {
    let mut book = Book::start("", "");
    let tables: Vec<String> =
        (0..37).map(|number| format!("%time\ntable_{number} = {number}\n!ls {number}")).collect();
    let mut texts = vec!["import math\nmonthly_revenue = 1\n"];
    texts.extend(tables.iter().map(String::as_str));
    texts.extend([
        "%matplotlib inline\ny = json.dumps(math.pi)\nz = monthly_revenu\n",
        "import re\n\nw = 1\n",
    ]);
    assert_eq!(texts.len(), 40);
    book.open(&texts);
    let asked = uri(38);
    let found = book.fixes(&asked, 1, 15, 19, "\"math\" is not defined");
    assert!(!titles(&found).iter().any(|title| title.contains("Import")), "{found:?}");
    let found = book.fixes(&asked, 2, 4, 18, "\"monthly_revenu\" is not defined");
    assert_eq!(found[0].1[0]["newText"], "monthly_revenue", "{found:?}");
    assert_eq!(found[0].1[0]["range"]["start"], json!({ "line": 2, "character": 4 }));
    // The import goes into this cell, not into the first one.
    let found = book.fixes(&asked, 1, 4, 8, "\"json\" is not defined");
    assert_eq!(found[0].0, "Import `json`");
    let at = found[0].1[0]["range"]["start"]["line"].as_u64().unwrap();
    assert!((1..=1).contains(&at), "{found:?}");
}

#[test]
fn an_import_goes_into_the_cell_whose_suggestion_needs_it() {
    let mut book = Book::start("Path('a')\n", "");
    book.open(&["import os\n", "%matplotlib inline\nx = "]);
    let arguments = book.items(&uri(1), 1, 4)[0]["command"]["arguments"].clone();
    book.type_at(1, 1, 4, "Path('a')");
    book.server.command("treefill.accepted", arguments.clone());
    let asked = book.server.client().message("workspace/applyEdit");
    let at = json!({ "line": 1, "character": 0 });
    let edit = json!({ "range": { "start": at, "end": at }, "newText": "from pathlib import Path\n\n" });
    assert_eq!(asked["params"]["edit"]["changes"], json!({ uri(1): [edit] }));
    book.server.client().send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "applied": true } }));
    // What another cell imports is there.
    let mut book = Book::start("Path('a')\n", "");
    book.open(&["from pathlib import Path\n", "x = "]);
    let item = &book.items(&uri(1), 0, 4)[0];
    assert_eq!(item["insertText"], "Path('a')");
    assert!(item["command"]["arguments"][0]["imports"].is_null());
    // Another cell was faster.
    book.server.command("treefill.import", json!([arguments[0]["imports"]]));
}

#[test]
fn a_broken_cell_breaks_no_other() {
    let mut book = Book::start("late()", "[diagnostics]\nsyntax = true\n");
    book.open(&["f(1, 2", "s = \"\"\"\nopen", "if s:\n", "x = ", "def late(): pass"]);
    let items = book.items(&uri(3), 0, 4);
    assert_eq!(items[0]["insertText"], "late()");
    for _ in 0..4 {
        let told = book.server.client().message("textDocument/publishDiagnostics")["params"].clone();
        assert_ne!(told["uri"], uri(4), "{told}");
    }
    let found = book.fixes(&uri(0), 0, 0, 4, "invalid syntax");
    assert!(!found.is_empty());
}

#[test]
fn what_a_model_makes_stays_in_the_cell() {
    let mut book = Book::start("return ä\n", "");
    let stub = "%time\ndef f(ä):\n    \"\"\"Says ä.\"\"\"\n";
    book.open(&["import os\nstrange_name = 1\n", stub, "def late():\n    pass"]);
    let at = json!({ "line": 2, "character": 9 });
    let range = json!({ "start": at, "end": at });
    let params =
        json!({ "textDocument": { "uri": uri(1) }, "range": range, "context": { "diagnostics": [] } });
    let found = book.server.client().call("textDocument/codeAction", params);
    assert_eq!(found[0]["title"], "Implement `f` from its docstring", "{found}");
    let asked = book.server.client().request(
        "workspace/executeCommand",
        json!({ "command": "treefill.apply", "arguments": found[0]["command"]["arguments"] }),
    );
    let apply = book.server.client().message("workspace/applyEdit");
    let end = json!({ "line": 2, "character": 17 });
    let edit = json!({ "range": { "start": end, "end": end }, "newText": "\n    return ä" });
    assert_eq!(apply["params"]["edit"]["changes"], json!({ uri(1): [edit] }));
    book.server.client().send(&json!({ "jsonrpc": "2.0", "id": apply["id"], "result": { "applied": true } }));
    book.server.client().answer(asked);
    let jobs = book.engine.jobs();
    assert!(jobs.iter().any(|job| read(job).contains("strange_name")), "other cells are context");
}

#[test]
fn keys_in_other_cells_are_masked() {
    let mut book = Book::start("1", "");
    let key = ["gh", "p_a7Kd93mZqLw0xR5tYb2Vn8cGh4JsPe61UfTo"].concat();
    book.open(&[&format!("token = \"{key}\""), "x = "]);
    let prompt = book.prompt(1, 0, 4);
    assert!(prompt.contains("token = ") && !prompt.contains(&key[4..30]), "{prompt}");
}

#[test]
fn no_repair_touches_a_magic_beside_the_error() {
    let mut book = Book::start("", "");
    let broken = [
        "x = len((1, 2)",
        "if x\n    pass",
        "def f(:\n    pass",
        "s = 'a",
        "x = [1, 2",
        "retrun 1",
        "x = = 1",
    ];
    let magics =
        ["%time", "!ls -l \"a b\"", "files?", "?files", "out = !pwd", "%%timeit -n 1", "files = %sx ls"];
    let mut repairs = 0;
    for code in broken {
        for magic in magics {
            let texts = [
                format!("{code}\n{magic}"),
                format!("import os\n{magic}\n{code}"),
                format!("{magic}\n{code}\n{magic}\n"),
            ];
            book.open(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            for (number, text) in texts.iter().enumerate() {
                let lines: Vec<&str> = text.lines().collect();
                let line = lines.iter().position(|line| code.starts_with(line)).unwrap() as u32;
                for (title, edits) in book.fixes(&uri(number), line, 0, 4, "invalid syntax") {
                    let touched = edits.as_array().unwrap().iter().any(|edit| {
                        let line = |end: &str| edit["range"][end]["line"].as_u64().unwrap() as usize;
                        (line("start")..=line("end")).any(|line| lines[line] == magic)
                    });
                    assert!(!touched, "{title}: {text}");
                    repairs += 1;
                }
            }
        }
    }
    // Each of the texts has one, nearly.
    assert!(repairs > broken.len() * magics.len() * 2, "{repairs}");
}

#[test]
fn a_cell_of_another_language_is_read_by_nobody() {
    let mut book = Book::start("1", "");
    book.open(&["%%bash\nfor x in *; do", "%%time\na = 1", "x = ", "%%html\n<b>"]);
    assert_eq!(book.prompt(2, 0, 4), "%%time\na = 1\n\nx = ˇ");
    assert_eq!(book.prompt(0, 1, 14), "");
}

#[test]
fn what_excludes_a_notebook_excludes_its_cells() {
    for pattern in ["private/", "*.ipynb", "/w/private/sales.ipynb"] {
        let mut book = Book::start("1", &format!("[disable]\npaths = [\"{pattern}\"]\n"));
        let cells = json!([{ "kind": 2, "document": "cell:1" }, { "kind": 2, "document": "cell:2" }]);
        let documents: Vec<Value> = ["cell:1", "cell:2"]
            .iter()
            .map(|uri| json!({ "uri": uri, "languageId": "python", "version": 1, "text": "x = \n" }))
            .collect();
        let notebook = json!({ "uri": "file:///w/private/sales.ipynb", "notebookType": "x", "version": 1, "cells": cells });
        let params = json!({ "notebookDocument": notebook, "cellTextDocuments": documents });
        book.server.client().notify("notebookDocument/didOpen", params.clone());
        assert!(book.items("cell:1", 0, 4).is_empty(), "{pattern}");
        book.server.open_as("vscode-notebook-cell:/w/private/sales.ipynb#W1", "python", "x = \n");
        assert!(book.items("vscode-notebook-cell:/w/private/sales.ipynb#W1", 0, 4).is_empty(), "{pattern}");
        assert!(book.engine.jobs().is_empty(), "{pattern}");
        // Cells with an address of any kind are cells.
        let mut book = Book::start("1", "");
        let mut params = params;
        params["cellTextDocuments"][0]["text"] = json!("a = 1");
        book.server.client().notify("notebookDocument/didOpen", params);
        assert_eq!(book.items("cell:2", 0, 4).len(), 1);
        assert_eq!(read(&book.engine.jobs()[0]), "a = 1\n\nx = ˇ\n");
    }
}
