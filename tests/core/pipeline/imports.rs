//! Tests the imports that come with a suggestion, by the text with both taken; `«»` marks the suggestion.

use expect_test::{Expect, expect};
use treefill::completion::{ImportSource, Outcome, TriggerKind, import};
use treefill::document::Edit;

use super::check::{request, run};
use crate::testing;

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

fn python(before: &str, generated: &str, after: Expect) {
    check("python", before, generated, after);
}

fn rust(before: &str, generated: &str, after: Expect) {
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
}

#[test]
fn what_is_not_certain_brings_none() {
    // Of two modules, and the file takes neither's names.
    python(
        "x: ˇ = 1\n",
        "Callable\n",
        expect![[r#"
        x: «Callable» = 1
    "#]],
    );
    rust(
        "fn f(a: ˇ) {}\n",
        "Ordering\n",
        expect![[r#"
        fn f(a: «Ordering») {}
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
    // A variable that nobody defined.
    python(
        "def f():\n    return ˇ\n",
        "path.strip()\n",
        expect![[r#"
        def f():
            return «path.strip()»
    "#]],
    );
    python(
        "def f():\n    return ˇ\n",
        "time.hour\n",
        expect![[r#"
        def f():
            return «time.hour»
    "#]],
    );
    python(
        "def f():\n    return ˇ\n",
        "chain\n",
        expect![[r#"
        def f():
            return «chain»
    "#]],
    );
    // One of two names is of nobody.
    python(
        "def f():\n    return ˇ\n",
        "Path(nothing)\n",
        expect![[r#"
        def f():
            return «Path(nothing)»
    "#]],
    );
    // An attribute, a keyword, a builtin, what the file defines.
    python(
        "def f(a):\n    return a.ˇ\n",
        "Path\n",
        expect![[r#"
        def f(a):
            return a.«Path»
    "#]],
    );
    python(
        "def f(a):\n    return a(ˇ)\n",
        "Path=1\n",
        expect![[r#"
        def f(a):
            return a(«Path=1»)
    "#]],
    );
    python(
        "class Path: pass\n\nx = ˇ\n",
        "Path()\n",
        expect![[r#"
        class Path: pass

        x = «Path()»
    "#]],
    );
    python(
        "def f():\n    Path = 1\n    return ˇ\n",
        "Path\n",
        expect![[r#"
        def f():
            Path = 1
            return «Path»
    "#]],
    );
    // A module from which anything may have come.
    python(
        "from a import *\n\nx = ˇ\n",
        "Path()\n",
        expect![[r#"
        from a import *

        x = «Path()»
    "#]],
    );
    rust(
        "mod tests {\n    use super::*;\n\n    fn f() {\n        let x = ˇ\n    }\n}\n",
        "HashMap::new();\n",
        expect![[r#"
            mod tests {
                use super::*;

                fn f() {
                    let x = «HashMap::new();»
                }
            }
        "#]],
    );
    // Without the standard library.
    rust(
        "#![no_std]\n\nfn f() {\n    let x = ˇ\n}\n",
        "Duration::ZERO;\n",
        expect![[r#"
        #![no_std]

        fn f() {
            let x = «Duration::ZERO;»
        }
    "#]],
    );
    rust(
        "use core::fmt;\n\nfn f() {\n    let x = ˇ\n}\n",
        "Duration::ZERO;\n",
        expect![[r#"
        use core::fmt;

        fn f() {
            let x = «Duration::ZERO;»
        }
    "#]],
    );
    // What a macro makes of it nobody knows.
    rust(
        "fn f() {\n    own!(ˇ)\n}\n",
        "HashMap::new()\n",
        expect![[r#"
        fn f() {
            own!(«HashMap::new()»)
        }
    "#]],
    );
}

#[test]
fn what_is_imported_already_is_not_imported_again() {
    python(
        "from pathlib import Path\n\nx = ˇ\n",
        "Path()\n",
        expect![[r#"
        from pathlib import Path

        x = «Path()»
    "#]],
    );
    python(
        "from pathlib import Path as P\n\nx = ˇ\n",
        "Path()\n",
        expect![[r#"
        from pathlib import Path as P

        x = «Path()»
    "#]],
    );
    python(
        "import pathlib\n\nx = ˇ\n",
        "Path()\n",
        expect![[r#"
        import pathlib

        x = «Path()»
    "#]],
    );
    python(
        "if TYPE_CHECKING:\n    from pathlib import Path\n\nx: ˇ = 1\n",
        "Path\n",
        expect![[r#"
        if TYPE_CHECKING:
            from pathlib import Path

        x: «Path» = 1
    "#]],
    );
    python(
        "try:\n    from pathlib import Path\nexcept ImportError:\n    Path = None\n\nx = ˇ\n",
        "Path()\n",
        expect![[r#"
            try:
                from pathlib import Path
            except ImportError:
                Path = None

            x = «Path()»
        "#]],
    );
    rust(
        "use std::collections::HashMap;\n\nfn f() {\n    let x = ˇ\n}\n",
        "HashMap::new();\n",
        expect![[r#"
        use std::collections::HashMap;

        fn f() {
            let x = «HashMap::new();»
        }
    "#]],
    );
    rust(
        "use std::{collections::HashMap, fmt};\n\nfn f() {\n    let x = ˇ\n}\n",
        "HashMap::new();\n",
        expect![[r#"
            use std::{collections::HashMap, fmt};

            fn f() {
                let x = «HashMap::new();»
            }
        "#]],
    );
}

#[test]
fn the_import_has_its_place() {
    python(
        "#!/usr/bin/env python3\n\"\"\"Doc.\"\"\"\n\ndef f():\n    return ˇ\n",
        "Path()\n",
        expect![[r##"
        #!/usr/bin/env python3
        """Doc."""

        from pathlib import Path

        def f():
            return «Path()»
    "##]],
    );
    python(
        "\"\"\"Doc.\"\"\"\nfrom __future__ import annotations\n\nx = ˇ\n",
        "Path()\n",
        expect![[r#"
        """Doc."""
        from __future__ import annotations
        from pathlib import Path

        x = «Path()»
    "#]],
    );
    python(
        "import os\nif TYPE_CHECKING:\n    from pathlib import PurePath\n\nx = ˇ\n",
        "Path()\n",
        expect![[r#"
            import os
            from pathlib import Path
            if TYPE_CHECKING:
                from pathlib import PurePath

            x = «Path()»
        "#]],
    );
    python(
        "from typing import Any\n\ndef f(x: ˇ): pass\n",
        "Optional[Path]\n",
        expect![[r#"
        from pathlib import Path
        from typing import Any, Optional

        def f(x: «Optional[Path]»): pass
    "#]],
    );
    python(
        "\nx = ˇ\r\n",
        "Path()\n",
        expect![[r#"

        from pathlib import Path

        x = «Path()»␍
    "#]],
    );
    python(
        "import os\r\n\r\nx = ˇ\r\n",
        "Path()\n",
        expect![[r#"
        import os␍
        from pathlib import Path␍
        ␍
        x = «Path()»␍
    "#]],
    );
    rust(
        "//! Doc.\n#![allow(unused)]\n\nfn f() {\n    let x = ˇ\n}\n",
        "HashMap::new();\n",
        expect![[r#"
            //! Doc.
            #![allow(unused)]

            use std::collections::HashMap;

            fn f() {
                let x = «HashMap::new();»
            }
        "#]],
    );
    rust(
        "mod m {\n    fn f() {\n        let x = ˇ\n    }\n}\n",
        "HashMap::new();\n",
        expect![[r#"
        mod m {
            use std::collections::HashMap;

            fn f() {
                let x = «HashMap::new();»
            }
        }
    "#]],
    );
    rust(
        "use a::{b, c};\nuse std::collections::BTreeMap;\n\nfn f() {\n    let x = ˇ\n}\n",
        "HashMap::new();\n",
        expect![[r#"
            use a::{b, c};
            use std::collections::{BTreeMap, HashMap};

            fn f() {
                let x = «HashMap::new();»
            }
        "#]],
    );
    rust(
        "use std::collections::{BTreeMap, HashSet};\n\nfn f() {\n    let x = ˇ\n}\n",
        "HashMap::new();\n",
        expect![[r#"
            use std::collections::{BTreeMap, HashMap, HashSet};

            fn f() {
                let x = «HashMap::new();»
            }
        "#]],
    );
    // Not under the condition of another one.
    rust(
        "#[cfg(unix)]\nuse std::collections::{BTreeMap, HashSet};\n\nfn f() {\n    let x = ˇ\n}\n",
        "HashMap::new();\n",
        expect![[r#"
            #[cfg(unix)]
            use std::collections::{BTreeMap, HashSet};
            use std::collections::HashMap;

            fn f() {
                let x = «HashMap::new();»
            }
        "#]],
    );
    rust(
        "#[cfg(test)]\nmod tests {\n    use super::f;\n\n    fn g() {\n        let x = ˇ\n    }\n}\n",
        "HashMap::new();\n",
        expect![[r#"
            #[cfg(test)]
            mod tests {
                use std::collections::HashMap;
                use super::f;

                fn g() {
                    let x = «HashMap::new();»
                }
            }
        "#]],
    );
}

#[test]
fn an_import_below_or_in_a_broken_head_is_none() {
    // Its place would be below the name.
    python(
        "x = ˇ\nimport os\n",
        "Path()\n",
        expect![[r#"
        x = «Path()»
        import os
    "#]],
    );
    python(
        "a = 1; import os\nx = ˇ\n",
        "Path()\n",
        expect![[r#"
        a = 1; import os
        x = «Path()»
    "#]],
    );
}

#[test]
fn edits_for_a_document_that_has_moved_on() {
    let source =
        |module: &str, name: &str| ImportSource { module: module.into(), name: name.into(), alias: None };
    let path = [source("pathlib", "Path")];
    let check = |text: &str, sources: &[ImportSource], after: Expect| {
        let (snapshot, cursor) = testing::fixture("python", text);
        let edits = import::edits_for(&snapshot, cursor.start, sources).unwrap_or_default();
        let after_edits = edits.iter().rev().fold(snapshot, |text, edit| text.with_edit(edit));
        after.assert_eq(&after_edits.text.to_string());
    };
    check(
        "import os\n\nx = ˇPath()\n",
        &path,
        expect![[r#"
        import os
        from pathlib import Path

        x = Path()
    "#]],
    );
    // Somebody was faster, or it is gone.
    check(
        "from pathlib import Path\n\nx = ˇPath()\n",
        &path,
        expect![[r#"
        from pathlib import Path

        x = Path()
    "#]],
    );
    check(
        "from pathlib import *\n\nx = ˇPath()\n",
        &path,
        expect![[r#"
        from pathlib import *

        x = Path()
    "#]],
    );
    check(
        "x = ˇ1\n",
        &path,
        expect![[r#"
        x = 1
    "#]],
    );
    check(
        "Path = 1\nx = ˇPath()\n",
        &path,
        expect![[r#"
        Path = 1
        x = Path()
    "#]],
    );
    // One of two is missing.
    let both = [source("pathlib", "Path"), source("typing", "Optional")];
    check(
        "from pathlib import Path\n\nx: ˇOptional[Path]\n",
        &both,
        expect![[r#"
        from pathlib import Path
        from typing import Optional

        x: Optional[Path]
    "#]],
    );
    check(
        "x: ˇOptional[Path]\n",
        &both,
        expect![[r#"
        from pathlib import Path
        from typing import Optional

        x: Optional[Path]
    "#]],
    );
    check(
        "x: ˇOptional[Any]\n",
        &[source("typing", "Any"), source("typing", "Optional")],
        expect![[r#"
        from typing import Any, Optional

        x: Optional[Any]
    "#]],
    );
}
