"""Decides whether a licence is permissive: SPDX expressions, and the free text of older Python metadata."""

from __future__ import annotations

import re
from email.message import Message

PERMISSIVE = {
    "mit",
    "mit-0",
    "apache-2.0",
    "bsd-2-clause",
    "bsd-3-clause",
    "bsd-1-clause",
    "0bsd",
    "isc",
    "zlib",
    "unlicense",
    "cc0-1.0",
    "psf-2.0",
    "python-2.0",
    "bsl-1.0",
    "hpnd",
    "mit-cmu",
    "unicode-3.0",
    "unicode-dfs-2016",
    "ncsa",
    "apache-2.0 with llvm-exception",
    "bsd-3-clause-open-mpi",
    "bsd-source-code",
    "blueoak-1.0.0",
    "cnri-python",
}
"""SPDX identifiers accepted here: they ask for no more than a notice."""

FREE_TEXT = re.compile(
    r"^(the )?(new |modified |simplified |3-clause |2-clause )?(mit|bsd|apache|isc|psf|python software foundation|unlicense|"
    r"zlib|hpnd|public domain|mit-cmu|matplotlib)\b(?!-(like|derived))",
    re.I,
)
CLASSIFIERS = re.compile(
    r"^(mit\b|(zero-clause )?bsd\b|apache software|isc\b|python software foundation|the unlicense|zlib|historical permission|"
    r"cc0|boost software|public domain$|freely distributable$|university of illinois/ncsa|blue oak)",
    re.I,
)
"""PyPI's names (https://pypi.org/classifiers, `License ::`) of licences that are permissive; no other one is accepted."""
COPYLEFT = re.compile(
    r"\b(a|l)?gpl|gnu (lesser |affero )?general public|mozilla|mpl|eupl|cddl|epl\b|proprietary|"
    r"business source|commons clause|elastic licen|non-?commercial",
    re.I,
)


def spdx_permissive(expression: str) -> bool:
    """True if some choice of the `OR`s in an SPDX expression leaves only permissive licences."""
    text = expression.replace("/", " OR ").strip()
    tokens = re.findall(r"\(|\)|[^\s()]+", text)
    position = 0

    def alternatives() -> bool:
        nonlocal position
        value = conjunction()
        while position < len(tokens) and tokens[position].upper() == "OR":
            position += 1
            value = conjunction() or value
        return value

    def conjunction() -> bool:
        nonlocal position
        value = atom()
        while position < len(tokens) and tokens[position].upper() == "AND":
            position += 1
            value = atom() and value
        return value

    def atom() -> bool:
        nonlocal position
        if position >= len(tokens):
            return False
        word = tokens[position]
        position += 1
        if word == "(":
            value = alternatives()
            position += 1
            return value
        name = word.lower()
        if position + 1 < len(tokens) and tokens[position].upper() == "WITH":
            name += " with " + tokens[position + 1].lower()
            position += 2
        return name in PERMISSIVE

    return alternatives() and position == len(tokens)


def of_wheel(metadata: Message) -> tuple[str, bool]:
    """Licence text and verdict from a wheel's METADATA: expression, else classifiers, else free text."""
    if expression := metadata.get("License-Expression"):
        return expression, spdx_permissive(expression)
    classifiers = [c.rsplit("::", 1)[1].strip() for c in metadata.get_all("Classifier", []) if c.startswith("License ::")]
    if named := [c for c in classifiers if c != "OSI Approved"]:
        return " / ".join(named), all(CLASSIFIERS.match(name) for name in named)
    text = (metadata.get("License") or "").strip().split("\n")[0][:80]
    if spdx_permissive(text):
        return text, True
    refused = COPYLEFT.search(text) or re.search(r"apache.*modified", text, re.I)
    return text or "unknown", bool(FREE_TEXT.match(text)) and not refused
