//! Tests the imports that come with a suggestion, by the text with both taken; `«»` marks the suggestion.

use expect_test::{Expect, expect};
use treefill::completion::{Outcome, TriggerKind, import};
use treefill::document::Edit;

use super::check::{request, run};

/// What becomes of `before` when the model generates `generated`, with the imports that come with it.
fn check(language: &str, before: &str, generated: &str, after: Expect) {
    let request = request(language, before, TriggerKind::Automatic);
    let snapshot = request.snapshot.clone();
    after.assert_eq(&match run(request, generated) {
        Outcome::Suggested(found) => {
            let edit = found.edits[0].clone();
            let imports = match found.imports.is_empty() {
                true => Vec::new(),
                false => import::edits_beside(&snapshot, &edit, &found.imports).unwrap(),
            };
            let shown = Edit { text: format!("«{}»", edit.text), ..edit };
            let with = snapshot.with_edit(&shown);
            let all = imports.iter().rev().fold(with, |text, edit| text.with_edit(edit));
            all.text.to_string().replace('\r', "␍")
        }
        Outcome::Skipped(reason) => format!("{reason:?}"),
    });
}

/// The text is shown, and no import comes with it.
#[track_caller]
fn nothing(language: &str, before: &str, generated: &str) {
    match run(request(language, before, TriggerKind::Automatic), generated) {
        Outcome::Suggested(found) => {
            assert_eq!(found.text(), generated.trim_end());
            assert!(found.imports.is_empty(), "{before}: {:?}", found.imports);
        }
        Outcome::Skipped(reason) => panic!("{before}: {reason:?}"),
    }
}

pub fn python(before: &str, generated: &str, after: Expect) {
    check("python", before, generated, after);
}

pub fn rust(before: &str, generated: &str, after: Expect) {
    check("rust", before, generated, after);
}

#[test]
fn a_name_of_one_module_brings_its_import() {
    python(
        "x = ˇ\n",
        "Path('a')\n",
        expect![[r#"
        from pathlib import Path

        x = «Path('a')»
    "#]],
    );
    python(
        "import os\n\nx = ˇ\n",
        "Path('a')\n",
        expect![[r#"
        import os
        from pathlib import Path

        x = «Path('a')»
    "#]],
    );
    python(
        "def f():\n    return ˇ\n",
        "os.path.join('a', 'b')\n",
        expect![[r#"
        import os

        def f():
            return «os.path.join('a', 'b')»
    "#]],
    );
    python(
        "def f():\n    return ˇ\n",
        "datetime.now()\n",
        expect![[r#"
        from datetime import datetime

        def f():
            return «datetime.now()»
    "#]],
    );
    python(
        "import os\n\ndef f(a):\n    return Paˇ\n",
        "th(a)\n",
        expect![[r#"
        import os
        from pathlib import Path

        def f(a):
            return Pa«th(a)»
    "#]],
    );
    python(
        "import os\n\n@ˇ\ndef f(a):\n    return a\n",
        "wraps(f)\n",
        expect![[r#"
        import os
        from functools import wraps

        @«wraps(f)»
        def f(a):
            return a
    "#]],
    );
    rust(
        "fn f() {\n    let x = ˇ\n}\n",
        "HashMap::new();\n",
        expect![[r#"
        use std::collections::HashMap;

        fn f() {
            let x = «HashMap::new();»
        }
    "#]],
    );
    // Of two modules, and the file takes names of one.
    python(
        "from collections.abc import Mapping\n\nx: ˇ = 1\n",
        "Callable\n",
        expect![[r#"
        from collections.abc import Callable, Mapping

        x: «Callable» = 1
    "#]],
    );
}

#[test]
fn what_is_not_certain_brings_none() {
    // Of two modules, and the file takes neither's names.
    nothing("python", "x: ˇ = 1\n", "Callable\n");
    nothing("rust", "fn f(a: ˇ) {}\n", "Ordering\n");
    // A variable that nobody defined.
    nothing("python", "def f():\n    return ˇ\n", "path.strip()\n");
    nothing("python", "def f():\n    return ˇ\n", "time.hour\n");
    nothing("python", "def f():\n    return ˇ\n", "chain\n");
    // One of two names is of nobody.
    nothing("python", "def f():\n    return ˇ\n", "Path(nothing)\n");
    // An attribute, a keyword, a builtin, what the file defines.
    nothing("python", "def f(a):\n    return a.ˇ\n", "Path\n");
    nothing("python", "def f(a):\n    return a(ˇ)\n", "Path=1\n");
    nothing("python", "class Path: pass\n\nx = ˇ\n", "Path()\n");
    nothing("python", "def f():\n    Path = 1\n    return ˇ\n", "Path\n");
    // A module from which anything may have come.
    nothing("python", "from a import *\n\nx = ˇ\n", "Path()\n");
    nothing(
        "rust",
        "mod tests {\n    use super::*;\n\n    fn f() {\n        let x = ˇ\n    }\n}\n",
        "HashMap::new();\n",
    );
    // Without the standard library.
    nothing("rust", "#![no_std]\n\nfn f() {\n    let x = ˇ\n}\n", "Duration::ZERO;\n");
    nothing("rust", "use core::fmt;\n\nfn f() {\n    let x = ˇ\n}\n", "Duration::ZERO;\n");
    // What a macro makes of it nobody knows.
    nothing("rust", "fn f() {\n    own!(ˇ)\n}\n", "HashMap::new()\n");
}

#[test]
fn what_is_imported_already_is_not_imported_again() {
    nothing("python", "from pathlib import Path\n\nx = ˇ\n", "Path()\n");
    nothing("python", "from pathlib import Path as P\n\nx = ˇ\n", "Path()\n");
    nothing("python", "import pathlib\n\nx = ˇ\n", "Path()\n");
    nothing("python", "if TYPE_CHECKING:\n    from pathlib import Path\n\nx: ˇ = 1\n", "Path\n");
    nothing(
        "python",
        "try:\n    from pathlib import Path\nexcept ImportError:\n    Path = None\n\nx = ˇ\n",
        "Path()\n",
    );
    nothing("rust", "use std::collections::HashMap;\n\nfn f() {\n    let x = ˇ\n}\n", "HashMap::new();\n");
    nothing(
        "rust",
        "use std::{collections::HashMap, fmt};\n\nfn f() {\n    let x = ˇ\n}\n",
        "HashMap::new();\n",
    );
}

#[test]
fn an_import_below_or_in_a_broken_head_is_none() {
    // Its place would be below the name.
    nothing("python", "x = ˇ\nimport os\n", "Path()\n");
    python(
        "a = 1; import os\nx = ˇ\n",
        "Path()\n",
        expect![[r#"
        a = 1; import os
        x = «Path()»
    "#]],
    );
}
