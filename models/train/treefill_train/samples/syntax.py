"""Finds spans of syntax nodes worth masking (AST-FIM, Gong et al. 2025) in a piece of a file, with tree-sitter."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import tree_sitter_python
import tree_sitter_rust
from tree_sitter import Language, Node, Parser

Span = tuple[int, int]
"""Byte offsets into the text, end excluded."""

BLOCKS = {"block", "declaration_list", "field_declaration_list", "match_block", "enum_variant_list"}
ARGUMENTS = {"argument_list", "arguments", "parameters", "type_arguments"}
FUNCTIONS = {"function_definition", "class_definition", "function_item"}
MAX_NODES = 6000
"""Nodes looked at; a window of some kilobytes has fewer."""


@cache
def parser(language: str) -> Parser:
    """The parser of `python` or `rust`."""
    grammar = {"python": tree_sitter_python, "rust": tree_sitter_rust}[language]
    return Parser(Language(grammar.language()))


def nodes(root: Node) -> Iterator[Node]:
    """Named nodes in document order, by cursor: recursion would be deep in long expressions."""
    cursor = root.walk()
    for _ in range(MAX_NODES):
        node = cursor.node
        if node is not None and node.is_named:
            yield node
        if cursor.goto_first_child() or cursor.goto_next_sibling():
            continue
        while True:
            if not cursor.goto_parent():
                return
            if cursor.goto_next_sibling():
                break


def _inside(text: bytes, start: int, end: int) -> Span:
    """The span without a pair of delimiters around it."""
    if end - start >= 2 and text[start] in b"({[<" and text[end - 1] in b")}]>":
        return start + 1, end - 1
    return start, end


def _documented(node: Node) -> Span | None:
    """The body below the docstring (Python) or inside the braces of a function with a doc comment (Rust)."""
    body = node.child_by_field_name("body")
    if body is None or not body.named_children:
        return None
    if node.type == "function_item":
        before = node.prev_named_sibling
        documented = before is not None and before.type == "line_comment" and (before.text or b"").startswith(b"///")
        return (body.start_byte + 1, body.end_byte - 1) if documented else None
    first = body.named_children[0]
    is_doc = first.type == "expression_statement" and first.named_children and first.named_children[0].type == "string"
    return (first.end_byte, body.end_byte) if is_doc and len(body.named_children) > 1 else None


def spans(language: str, text: bytes, kind: str) -> list[Span]:
    """All spans of `kind` (`statement`, `block`, `arguments`, `body`) in `text`, each at least one byte long."""
    found: list[Span] = []
    for node in nodes(parser(language).parse(text).root_node):
        if kind == "statement" and (node.type.endswith(("_statement", "_declaration", "_item")) or node.type == "decorator"):
            found.append((node.start_byte, node.end_byte))
        elif (kind == "block" and node.type in BLOCKS) or (kind == "arguments" and node.type in ARGUMENTS):
            found.append(_inside(text, node.start_byte, node.end_byte))
        elif kind == "body" and node.type in FUNCTIONS and (span := _documented(node)):
            found.append(span)
    return [(start, end) for start, end in found if end > start and text[start:end].strip()]


def faults(language: str, text: bytes) -> int:
    """Number of ERROR and MISSING nodes."""
    root = parser(language).parse(text).root_node
    if not root.has_error:
        return 0
    return sum(node.is_error or node.is_missing for node in _all(root))


def _all(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(child for child in node.children if child.has_error or child.is_missing)
