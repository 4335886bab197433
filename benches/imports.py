#!/usr/bin/env python3
"""Count how often a suggestion brings the import of a name with it, and how often that is what the file's author wrote.

  benches/imports.py --from DIR [DIR …] --language python|rust [--cases 300] [--seed 1] [--bar 0.2] [--anywhere] [--binary …]

From a real file one import is taken out, a name that it brings in is looked for, and `treefill complete --cut --json` is asked at that
use, without the rest of its line. With --anywhere all imports stay, and the places are random ones in code: there every import is one
too many, because the file's author needed none. Only the import tables of the language are used, no project. Prints how many
suggestions there were, those whose chance is at least --bar, how many of either carried an import, and how many of these the file has.
"""
import ast, collections, json, pathlib, random, re, subprocess, tempfile

from common import options, share

ENDINGS = {"python": "py", "rust": "rs"}
Case = collections.namedtuple("Case", "path line column known")


def python_imports(text):
    """(first line, last line, names in the text, sources) of each import at the top level."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            sources = {(name.name, ""): name.asname or name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module != "__future__":
            sources = {("." * node.level + node.module, name.name): name.asname or name.name for name in node.names}
        else:
            continue
        yield node.lineno, node.end_lineno, sources


def rust_paths(tree, prefix=""):
    """The paths in what stands behind `use`."""
    depth, start, parts = 0, 0, []
    for at, c in enumerate(tree + ","):
        depth += (c == "{") - (c == "}")
        if c == "," and depth == 0:
            parts.append(tree[start:at].strip())
            start = at + 1
    for part in filter(None, parts):
        brace = part.find("{")
        if brace < 0:
            yield prefix + part
        else:
            yield from rust_paths(part[brace + 1:part.rfind("}")], prefix + part[:brace])


def rust_imports(text):
    for found in re.finditer(r"^(?:pub(?:\([^)]*\))? )?use ([^;]+);", text, re.M):
        sources = {}
        for path in rust_paths(re.sub(r"\s+", " ", found[1])):
            path, _, alias = path.partition(" as ")
            module, _, name = path.removesuffix("::self").rpartition("::")
            sources[(module, name)] = alias or name
        first = text.count("\n", 0, found.start()) + 1
        yield first, first + found[0].count("\n"), sources


def read(language, text):
    try:
        return list(python_imports(text) if language == "python" else rust_imports(text))
    except SyntaxError:
        return []


def is_code(line):
    return line.strip() and not line.lstrip().startswith(("#", "//", '"""', "*"))


def cases(files, language, count, anywhere, folder, rng):
    for number in range(count * 20):
        path = rng.choice(files)
        text = path.read_text(errors="replace")
        lines = text.split("\n")
        imports = read(language, text)
        known = {source for _, _, sources in imports for source in sources}
        if anywhere:
            at = rng.randrange(len(lines))
            columns = [c for c in range(len(lines[at])) if lines[at][c] != " " and (lines[at][:c].strip() == "" or lines[at][c - 1] in " ([")]
            inside = any(first <= at + 1 <= last for first, last, _ in imports)
            if is_code(lines[at]) and columns and not inside:
                yield Case(path, at + 1, rng.choice(columns), known)
                count -= 1
        elif imports:
            first, last, sources = rng.choice(imports)
            left = lines[:first - 1] + lines[last:]
            names = "|".join(re.escape(name) for name in sources.values() if name != "*")
            uses = [(at, found.start()) for at, line in enumerate(left) if at >= first - 1 and is_code(line)
                    for found in re.finditer(rf"(?<![\w.:'\"])(?:{names})\b", line)] if names else []
            if uses:
                at, column = rng.choice(uses)
                target = pathlib.Path(folder, f"{number}.{ENDINGS[language]}")
                target.write_text("\n".join(left))
                yield Case(target, at + 1, column, known)
                count -= 1
        if count == 0:
            return


def main():
    parser = options(__doc__, cases=300, seed=1)
    parser.add_argument("--language", choices=ENDINGS, required=True)
    parser.add_argument("--bar", type=float, default=0.2)
    parser.add_argument("--anywhere", action="store_true")
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    ending = ENDINGS[asked.language]
    files = sorted(path for folder in asked.folders for path in pathlib.Path(folder).rglob(f"*.{ending}") if 1000 < path.stat().st_size < 60_000)
    counts, wrong = collections.Counter(), []
    with tempfile.TemporaryDirectory() as folder:
        all_cases = list(cases(files, asked.language, asked.cases, asked.anywhere, folder, rng))
        for at in range(0, len(all_cases), 100):
            part = all_cases[at:at + 100]
            command = [asked.binary, "complete", "--cut", "--json", *(f"{case.path}:{case.line}:{case.column + 1}" for case in part)]
            answers = subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.splitlines()
            for case, answer in zip(part, map(json.loads, answers)):
                if answer["outcome"] != "completion":
                    continue
                kinds = ["asked for", *(["by itself"] if answer["chance"] >= asked.bar else [])]
                carried = [source for text in answer["imports"] for _, _, sources in read(asked.language, text) for source in sources]
                is_right = all(source in case.known for source in carried)
                for kind in kinds:
                    counts[kind, "shown"] += 1
                    counts[kind, "carried"] += bool(carried)
                    counts[kind, "right"] += bool(carried) and is_right
                if carried and not is_right:
                    wrong.append((case, answer["chance"], answer["text"].split("\n")[0], answer["imports"]))
    for case, chance, text, imports in wrong:
        print(f"  {case.path.name}:{case.line} {chance:.2f} {text!r} {imports}")
    print(f"{asked.language}: {len(all_cases)} places")
    for kind in ["asked for", "by itself"]:
        shown, carried, right = (counts[kind, what] for what in ["shown", "carried", "right"])
        print(f"  {kind}: {shown} shown, {share(carried, shown)} carry an import, of these the file has {share(right, carried)}")


if __name__ == "__main__":
    main()
