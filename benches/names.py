#!/usr/bin/env python3
"""Look for names in suggestions that are not visible where they stand, with pyright and rustc as judges.

  benches/names.py --from DIR [DIR …] --language python|rust [--cases 500] [--seed 1] [--bar 0.2] [--minutes 15] [--pyright PATH] [--binary …]

At random places of real files the rest of the line is left out, and `treefill complete --cut --json` is asked for it. Each suggestion
whose chance is at least --bar (what would come by itself at medium eagerness) goes into its file, and the judge is asked for names
that are not defined: pyright's reportUndefinedVariable (`npm install pyright`), rustc's E0405, E0412, E0422, E0423, E0425, E0433.
A name counts that is reported inside the suggestion and not in the file as its author wrote it. Rust files with a glob import that
rustc cannot follow alone are left out: there it cannot know. Prints the share of suggestions with such a name, and each of them.
"""
import collections, json, pathlib, random, subprocess, sys, tempfile, time

from common import apply, options, share

ENDINGS = {"python": "py", "rust": "rs"}
UNDEFINED = {"E0405", "E0412", "E0422", "E0423", "E0425", "E0433"}
Place = collections.namedtuple("Place", "path line column")
Shown = collections.namedtuple("Shown", "path text start end original")


def places(folders, ending, count, seed):
    """Places in code: at the start of a line's text or behind a blank, a dot or an opening bracket."""
    rng = random.Random(seed)
    files = sorted(path for folder in folders for path in pathlib.Path(folder).rglob(f"*.{ending}") if 1000 < path.stat().st_size < 60_000)
    for _ in range(count):
        path = rng.choice(files)
        lines = path.read_text(errors="replace").split("\n")
        found = [(number, column) for number, line in enumerate(lines, 1) if not line.lstrip().startswith(("#", "//", '"""'))
                 for column in range(len(line)) if line[:column].strip() == "" and line[column] != " " or line[column - 1] in " .(["]
        found = [(number, column) for number, column in found if lines[number - 1][column:].strip()]
        if found:
            yield Place(path, *rng.choice(found))


def ask(binary, asked, bar):
    """The suggestions at these places that are likely enough."""
    for at in range(0, len(asked), 100):
        part = asked[at:at + 100]
        command = [binary, "complete", "--cut", "--json", *(f"{p.path}:{p.line}:{p.column + 1}" for p in part)]
        answers = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.splitlines()
        for place, answer in zip(part, map(json.loads, answers)):
            if answer["outcome"] == "completion" and answer["chance"] >= bar:
                original = place.path.read_text(errors="replace")
                start, data = answer["replaces"]["start"], original.encode()
                cut = data[:answer["offset"]] + data[answer["offset"] + len(answer["cut"].encode()):]
                text = apply(cut.decode(), [{**answer["replaces"], "text": answer["text"]}])
                yield Shown(place.path, text, start, start + len(answer["text"].encode()), original)


def reported_by_pyright(pyright, folder, texts):
    """For each text, (start byte, name) of what is not defined."""
    for number, text in enumerate(texts):
        pathlib.Path(folder, f"t{number}.py").write_text(text)
    config = {"typeCheckingMode": "off", "reportUndefinedVariable": "error"}
    pathlib.Path(folder, "pyrightconfig.json").write_text(json.dumps(config))
    ran = subprocess.run([pyright, "--outputjson", "-p", folder], capture_output=True, text=True)
    found = [[] for _ in texts]
    for item in json.loads(ran.stdout)["generalDiagnostics"]:
        if item.get("rule") == "reportUndefinedVariable":
            number = int(pathlib.Path(item["file"]).stem[1:])
            start = item["range"]["start"]
            lines = texts[number].split("\n")
            line = lines[start["line"]].encode("utf-16-le")[:2 * start["character"]].decode("utf-16-le")
            at = len("\n".join([*lines[:start["line"]], ""]).encode()) + len(line.encode())
            found[number].append((at, item["message"].split('"')[1]))
    return found


def reported_by_rustc(folder, text):
    """(start byte, name) of what is not defined; none where an import of everything could not be followed."""
    path = pathlib.Path(folder, "t.rs")
    path.write_bytes(text.encode())
    command = ["rustc", "--edition", "2024", "--crate-type", "lib", "--error-format", "json", "--emit", "metadata", "--out-dir", folder, path]
    found, data = [], text.encode()
    for line in subprocess.run(command, capture_output=True, text=True).stderr.splitlines():
        item = json.loads(line)
        for span in item["spans"] if item["level"] == "error" else []:
            if span["is_primary"] and span["file_name"] == str(path):
                source = b" ".join(piece["text"].encode() for piece in span["text"])
                if (item.get("code") or {}).get("code") in ("E0432", "E0433") and b"*" in source and b"use" in source:
                    return None
                if (item.get("code") or {}).get("code") in UNDEFINED:
                    found.append((span["byte_start"], data[span["byte_start"]:span["byte_end"]].decode()))
    return found


def judged(shown, language, pyright):
    """(suggestion, names that are not visible) of each that could be judged."""
    with tempfile.TemporaryDirectory() as folder:
        texts = [text for item in shown for text in (item.text, item.original)]
        if language == "python":
            found = reported_by_pyright(pyright, folder, texts)
        else:
            found = [reported_by_rustc(folder, text) for text in texts]
    for item, new, old in zip(shown, found[::2], found[1::2]):
        if new is not None and old is not None:
            known = {name for _, name in old}
            yield item, [name for at, name in new if item.start <= at < item.end and name not in known]


def main():
    parser = options(__doc__, cases=500, seed=1)
    parser.add_argument("--language", choices=ENDINGS, required=True)
    parser.add_argument("--bar", type=float, default=0.2)
    parser.add_argument("--minutes", type=float, default=60.0, help="after so many, what there is is judged")
    parser.add_argument("--pyright", default="pyright")
    args = parser.parse_args()
    shown = []
    asked = list(places(args.folders, ENDINGS[args.language], 20 * args.cases, args.seed))
    until = time.monotonic() + 60 * args.minutes
    while asked and len(shown) < args.cases and time.monotonic() < until:
        shown += ask(args.binary, asked[:100], args.bar)
        asked = asked[100:]
        print(f"{len(shown)} of {args.cases} suggestions", file=sys.stderr)
    results = list(judged(shown[:args.cases], args.language, args.pyright))
    bad = [(item, names) for item, names in results if names]
    for item, names in bad:
        line = item.text.encode()[:item.start].count(b"\n") + 1
        print(f"  {item.path}:{line} {', '.join(names)}: {item.text.encode()[item.start:item.end].decode()!r}")
    print(f"{len(results)} suggestions judged, {len(bad)} with a name that is not visible there ({share(len(bad), len(results)).strip()})")


if __name__ == "__main__":
    main()
