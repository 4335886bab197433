"""Shares what the scripts here need: parsers that are not treefill's, edits applied, and the options that all have."""
import argparse, ast, re, subprocess, warnings

warnings.simplefilter("ignore")


def python_parses(text):
    try:
        ast.parse(text)
        return True
    except (SyntaxError, ValueError, RecursionError):
        return False


def rust_parses(text):
    try:
        done = subprocess.run(["rustfmt", "--edition", "2024", "--emit", "stdout", "--config", "skip_children=true"],
                              input=text.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=10)
    except subprocess.TimeoutExpired:  # Its error recovery does not end on some broken files; it always does on sound ones.
        return False
    # A line that rustfmt cannot break is no syntax error.
    return not re.search(rb"^error(?!\[internal\]|: line formatted)", done.stderr, re.M)


def apply(text, edits):
    """The text with edits in bytes applied."""
    data = text.encode()
    for edit in sorted(edits, key=lambda edit: -edit["start"]):
        data = data[:edit["start"]] + edit["text"].encode() + data[edit["end"]:]
    return data.decode("utf-8", "replace")


def options(description, folders="+", **numbers):
    """A parser of command lines with `--from`, `--binary` and these numbers."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="folders", required=True, nargs=folders)
    parser.add_argument("--binary", default="target/release/treefill")
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser


def share(part, whole):
    return f"{100 * part / whole:5.1f}%" if whole else "     -"
