#!/usr/bin/env python3
"""Look for risks in real code, and print the share of its functions that has one.

  benches/risks.py --from DIR [DIR …] --language python|rust [--binary target/release/treefill]

A function is what begins with `def` or `fn`; a finding belongs to the last one that begins above it. `unsafe` in Rust is counted
apart: who writes it means it.
"""
import bisect, collections, json, pathlib, re, subprocess

from common import options

BEGINS = {"python": ("py", re.compile(r"^\s*(?:async\s+)?def\s", re.M)),
          "rust": ("rs", re.compile(r"^\s*(?:pub(?:\([^)]*\))?\s+)?(?:(?:const|async|unsafe|extern(?:\s+\"\w+\")?)\s+)*fn\s", re.M))}


def findings(binary, files):
    """(file, line, id) of everything found."""
    for at in range(0, len(files), 100):
        ran = subprocess.run([binary, "check", "--json", *files[at:at + 100]], capture_output=True, text=True)
        for line in ran.stdout.splitlines():
            found = json.loads(line)
            yield found["file"], found["line"], found["id"]


def main():
    parser = options(__doc__)
    parser.add_argument("--language", choices=BEGINS, required=True)
    args = parser.parse_args()
    ending, begin = BEGINS[args.language]
    starts = {}
    for path in sorted(p for folder in args.folders for p in pathlib.Path(folder).rglob(f"*.{ending}")):
        text = path.read_text(errors="replace")
        # The line of the keyword, from 1: a match may begin with blank lines.
        starts[str(path)] = [text.count("\n", 0, match.end()) + 1 for match in begin.finditer(text)]
    flagged = collections.defaultdict(set)
    for file, line, kind in findings(args.binary, list(starts)):
        number = bisect.bisect_right(starts[file], line)
        if number:
            flagged["unsafe" if kind.startswith("unsafe") else kind].add((file, number))
    total = sum(map(len, starts.values()))
    others = set().union(*(places for kind, places in flagged.items() if kind != "unsafe"))
    print(f"{total} functions, {len(others)} with a finding ({100 * len(others) / max(1, total):.2f} %), "
          f"{len(flagged['unsafe'])} with `unsafe`")
    for kind, places in sorted((kind, places) for kind, places in flagged.items() if places):
        print(f"{len(places):6} {kind}")


if __name__ == "__main__":
    main()
