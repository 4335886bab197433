"""Shares what the scripts here need: parsers that are not treefill's, edits applied, and the options that all have."""
import argparse, ast, re, subprocess, warnings

warnings.simplefilter("ignore")


def solve(matrix, vector):
    """The solution of a system of linear equations, by Gaussian elimination with pivots."""
    size = len(vector)
    rows = [row[:] + [value] for row, value in zip(matrix, vector)]
    for at in range(size):
        best = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        for row in range(at + 1, size):
            factor = rows[row][at] / rows[at][at]
            for column in range(at, size + 1):
                rows[row][column] -= factor * rows[at][column]
    found = [0.0] * size
    for at in reversed(range(size)):
        found[at] = (rows[at][size] - sum(rows[at][c] * found[c] for c in range(at + 1, size))) / rows[at][at]
    return found


def python_error_line(text):
    """The line, from 1, in which CPython reports the first error; none when there is none."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        return getattr(error, "lineno", None) or 1


def rust_error_line(text):
    """The line, from 1, in which rustfmt reports the first error; none when there is none."""
    command = ["rustfmt", "--edition", "2024", "--emit", "stdout", "--config", "skip_children=true"]
    try:
        done = subprocess.run(command, input=text.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=10)
    except subprocess.TimeoutExpired:  # Its error recovery does not end on some broken files; it always does on sound ones.
        return 1
    # A line that rustfmt cannot break is no syntax error.
    error = re.search(rb"^error(?!\[internal\]|: line formatted)", done.stderr, re.M)
    place = error and re.search(rb"--> \S+?:(\d+):", done.stderr[error.start():])
    return error and (int(place[1]) if place else 1)


def rust_parses(text):
    return rust_error_line(text) is None


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
