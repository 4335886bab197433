//! Tests where imports go, through the repairs that make them.

use super::{check, undefined};

#[track_caller]
fn python(before: &str, name: &str, after: &str) {
    let marked = format!("{before}⟦{name}⟧.x\n");
    check("python", &marked, &undefined("python", name), &format!("{after}{name}.x\n"));
}

#[track_caller]
fn rust(before: &str, after: &str) {
    let code = |name: &str| format!("fn f(x: {name}<u8>) {{}}\n");
    let said = "cannot find type `BTreeSet` in this scope";
    check("rust", &format!("{before}{}", code("⟦BTreeSet⟧")), said, &format!("{after}{}", code("BTreeSet")));
}

#[test]
fn an_import_has_its_place_in_the_block() {
    python("import os\nimport sys\n\n", "re", "import os\nimport re\nimport sys\n\n");
    python("from a import b\n\n", "re", "import re\nfrom a import b\n\n");
    python("\"\"\"Doc.\"\"\"\n\n", "re", "\"\"\"Doc.\"\"\"\n\nimport re\n\n");
    python("# Licence.\n\n", "re", "# Licence.\n\nimport re\n\n");
    python(
        "from __future__ import annotations\n\n",
        "re",
        "from __future__ import annotations\nimport re\n\n",
    );
    python("\u{feff}", "re", "\u{feff}import re\n\n");
    python("\u{feff}import os\n\n", "re", "\u{feff}import os\nimport re\n\n");
    python("\u{feff}import sys\n\n", "re", "\u{feff}import re\nimport sys\n\n");
    python("import os  # why\n\n", "re", "import os  # why\nimport re\n\n");
    python("", "re", "import re\n\n");
    rust("use std::fmt;\n\n", "use std::collections::BTreeSet;\nuse std::fmt;\n\n");
    rust("#![allow(x)]\n//! Doc.\n\n", "#![allow(x)]\n//! Doc.\n\nuse std::collections::BTreeSet;\n\n");
    rust("use crate::a::B;\n\n", "use std::collections::BTreeSet;\nuse crate::a::B;\n\n");
    let said = "cannot find type `BTreeSet` in this scope";
    let inside = "mod m {\n    use super::A;\n\n    fn f(x: ⟦BTreeSet⟧<u8>) {}\n}\n";
    let after = "mod m {\n    use std::collections::BTreeSet;\n    use super::A;\n\n    fn f(x: BTreeSet<u8>) {}\n}\n";
    check("rust", inside, said, after);
}

#[test]
fn the_head_of_a_file_stays_its_head() {
    python("#!/usr/bin/env python3\n", "re", "#!/usr/bin/env python3\nimport re\n\n");
    let head = "#!/usr/bin/env python3\n# -*- coding: latin-1 -*-\n";
    python(head, "re", &format!("{head}import re\n\n"));
    let head = "\u{feff}# coding: utf-8\n\"\"\"Doc.\"\"\"\nfrom __future__ import annotations\n\n";
    python(head, "re", &format!("{}import re\n\n", head.strip_suffix('\n').unwrap()));
    let head = "# Copyright somebody.\n# All rights reserved.\n";
    python(head, "re", &format!("{head}import re\n\n"));
    python("# mypy: strict\n# Of the code.\n", "re", "# mypy: strict\nimport re\n\n# Of the code.\n");
    rust("#!/usr/bin/env run\n", "#!/usr/bin/env run\nuse std::collections::BTreeSet;\n\n");
    rust("/*! Doc. */\n", "/*! Doc. */\nuse std::collections::BTreeSet;\n\n");
    rust("//! Doc.\n//! More.\n", "//! Doc.\n//! More.\nuse std::collections::BTreeSet;\n\n");
    rust("\u{feff}#![allow(x)]\n", "\u{feff}#![allow(x)]\nuse std::collections::BTreeSet;\n\n");
    rust("\u{feff}", "\u{feff}use std::collections::BTreeSet;\n\n");
}

#[test]
fn a_name_joins_its_list() {
    python("from typing import Any, Final\n\n", "ClassVar", "from typing import Any, ClassVar, Final\n\n");
    python(
        "from typing import (\n    Any,\n)\n\n",
        "ClassVar",
        "from typing import (\n    Any,\n    ClassVar,\n)\n\n",
    );
    python(
        "from typing import (\n    Any,\n    Final,\n)\n\n",
        "NamedTuple",
        "from typing import (\n    Any,\n    Final,\n    NamedTuple,\n)\n\n",
    );
    rust(
        "use std::collections::{BTreeMap, HashMap};\n\n",
        "use std::collections::{BTreeMap, BTreeSet, HashMap};\n\n",
    );
    rust(
        "use a::{b, c};\nuse std::collections::HashMap;\n\n",
        "use a::{b, c};\nuse std::collections::{BTreeSet, HashMap};\n\n",
    );
    // A file that writes one name a statement goes on to.
    rust(
        "use std::collections::HashMap;\n\n",
        "use std::collections::BTreeSet;\nuse std::collections::HashMap;\n\n",
    );
}
