//! Tests where the imports go that come with a suggestion, and those for a document that has moved on since.

use expect_test::{Expect, expect};
use treefill::completion::{ImportSource, import};

use super::imports::{python, rust};
use crate::testing;

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
