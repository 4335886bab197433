"""Names the packages and paths that must never be trained on, because the model is judged with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

IMPORT_NAMES = {"attrs": ("attr",), "markdown-it-py": ("markdown_it",), "zope.interface": ()}
"""Import names that differ from the distribution name by more than `-` and `_`."""


def normal(name: str) -> str:
    """A package name with case and separators made equal (PEP 503 with `_`)."""
    return re.sub(r"[-_.]+", "_", name).lower()


@dataclass(frozen=True)
class Holdout:
    """Names per language; the Rust ones also cover `NAME_*` (`tokio` bars `tokio-util`)."""

    python: frozenset[str]
    rust: frozenset[str]

    def package(self, language: str, name: str) -> bool:
        """Is the package itself held out?"""
        plain = normal(name)
        if language == "python":
            return plain in self.python
        return any(
            plain == held or plain.startswith(held.rstrip("*") + ("" if held.endswith("*") else "_")) for held in self.rust
        )

    def path(self, language: str, path: str) -> bool:
        """Does a folder or file name on the way look like a vendored copy of a held-out package?"""
        if language == "python" and "zope/interface/" in path:
            return True
        parts = PurePosixPath(path).parts
        stems = [normal(part) for part in parts[:-1]] + [normal(PurePosixPath(path).stem)]
        names = self.python if language == "python" else frozenset(n for n in self.rust if not n.endswith("*"))
        if any(stem in names for stem in stems):
            return True
        # A wildcard such as `regex*` names crates; below `src/` the word alone is a module, not a copy.
        vendored = [re.sub(r"_\d[\d_]*$", "", stem) for stem in stems[:-1]]
        return language == "rust" and any(self.package("rust", stem) for stem in vendored)


def read(path: Path) -> Holdout:
    """Parse the list: a `# Python` comment, names, a `# Rust` comment, names; `*` ends a prefix."""
    names: dict[str, set[str]] = {"python": set(), "rust": set()}
    language = ""
    for line in path.read_text().splitlines():
        if line.startswith("#"):
            head = line.lower().lstrip("# ")
            language = "rust" if head.startswith("rust") else "python" if head.startswith("python") else language
            continue
        for word in line.split():
            names[language].add(normal(word.rstrip("*")) + ("*" if word.endswith("*") else ""))
            names[language].update(IMPORT_NAMES.get(word, ()) if language == "python" else ())
    return Holdout(frozenset(names["python"]), frozenset(names["rust"]))
