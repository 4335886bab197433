#!/usr/bin/env python3
"""Damage real code in small ways, let a real checker complain, and judge the first sure repair that treefill offers.

  benches/diagnostics.py --checker pyright|ruff|rustc --from DIR [--rounds 3] [--seed 1] [--cases N] [--bare]
                         [--command 'npx pyright'] [--binary target/release/treefill] [--show N] [--record FILE] [--infill]

DIR holds unpacked packages (Python), or crates that `cargo check` takes (rustc; their development
dependencies are left out); best ones that nothing here was
made from. Each round damages every file once at most: a use of a name is misspelt, an import (or one name of it) is
dropped, `self.`, `mut` or `&` is dropped, an import that nobody uses is added. A case is a new complaint in a file that was
damaged; it goes to `treefill fix --json --diagnostics`, in the shape that the checker's language server gives it. Printed, by
kind of damage: how many have a sure repair, how many of those give the original back, and after how many the checker is silent
about the place (asked again where the text is not the original). `--bare` leaves out what came with a complaint: message, code
and range must do. `--record` keeps one case of each kind as a fixture. `--infill` damages what no sure repair is
known for (a name becomes one that nothing is like, an argument is dropped or made another's) and judges what the model writes in
its place. The checkers are run on copies.
"""
import ast, collections, json, pathlib, random, re, shlex, shutil, statistics, subprocess, sys, tempfile, time

from common import apply, options as parser_of, share

SPARE = {"python": ["import colorsys", "import telnetlib", "from fractions import Fraction", "import wave"],
         "rust": ["use std::collections::LinkedList;", "use std::net::Ipv6Addr;", "use std::sync::Barrier;"]}
SLIPS = "abcdefghijklmnopqrstuvwxyz"


def misspell(word, rng):
    at = rng.randrange(1, len(word)) if len(word) > 1 else 0
    return rng.choice([word[:at] + word[at + 1:], word[:at] + word[at] + word[at:], word[:at] + rng.choice(SLIPS) + word[at + 1:],
                       word[:at - 1] + word[at] + word[at - 1] + word[at + 1:] if at else word + word])


def invented(rng):
    return "".join(rng.choice("bdgkpqvxz") + rng.choice("aeiou") for _ in range(4))


class Python:
    ending = "py"

    def damage_for_infill(self, text, rng):
        """(new text, kind) or None."""
        tree, starts = ast.parse(text), [0]
        for line in text.splitlines(keepends=True):
            starts.append(starts[-1] + len(line.encode()))
        data = text.encode()
        span = lambda node: (starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset)
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and len(node.id) > 2]
        members = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and node.lineno == node.end_lineno]
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args and node.lineno == node.end_lineno]
        kind = rng.choice(["name", "name", "member", "argument"])
        pool = {"name": names, "member": members, "argument": calls}[kind]
        if not pool:
            return None
        node = rng.choice(pool)
        start, end = span(node)
        if kind == "member":
            start = end - len(node.attr.encode())
        elif kind == "argument":
            start, end = span(rng.choice(node.args))
        new = b"object()" if kind == "argument" else invented(rng).encode()
        return (data[:start] + new + data[end:]).decode(), kind

    def damage(self, text, rng):
        """(new text, kind) or None."""
        tree = ast.parse(text)
        lines = text.splitlines(keepends=True)
        starts = [0]
        for line in lines:
            starts.append(starts[-1] + len(line.encode()))
        data = text.encode()
        place = lambda row, column: starts[row - 1] + column
        words = set(re.findall(r"\w+", text))
        kind = rng.choice(["misspell", "misspell", "import", "import", "self", "unused"])
        if kind == "misspell":
            pool = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and len(node.id) > 3]
            if not pool:
                return None
            node = rng.choice(pool)
            new = misspell(node.id, rng)
            if new in words or not new.isidentifier():
                return None
            at = place(node.lineno, node.col_offset)
            return (data[:at] + new.encode() + data[at + len(node.id.encode()):]).decode(), kind
        if kind == "self":
            pool = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
                    and isinstance(node.value, ast.Name) and node.value.id == "self" and node.lineno == node.end_lineno]
            if not pool:
                return None
            node = rng.choice(pool)
            at = place(node.lineno, node.col_offset)
            return (data[:at] + data[at + 5:]).decode(), kind
        if kind == "import":
            pool = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)) and getattr(node, "module", "") != "__future__"
                    and node.names[0].name != "*"]
            if not pool:
                return None
            node = rng.choice(pool)
            start, end = place(node.lineno, node.col_offset), place(node.end_lineno, node.end_col_offset)
            if len(node.names) == 1:
                if data[end:end + 1] != b"\n" or node.col_offset:
                    return None
                return (data[:start] + data[end + 1:]).decode(), kind
            number = rng.randrange(len(node.names))
            name = node.names[number]
            at, to = place(name.lineno, name.col_offset), place(name.end_lineno, name.end_col_offset)
            if number + 1 < len(node.names):
                following = node.names[number + 1]
                to = place(following.lineno, following.col_offset)
            else:
                before = node.names[number - 1]
                at = place(before.end_lineno, before.end_col_offset)
            return (data[:at] + data[to:]).decode(), kind
        pool = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
        spare = rng.choice(SPARE["python"])
        if not pool or spare.split()[-1] in words:
            return None
        at = place(rng.choice(pool).lineno, 0)
        return (data[:at] + spare.encode() + b"\n" + data[at:]).decode(), kind


class Rust:
    ending = "rs"

    def damage_for_infill(self, text, rng):
        code = re.sub(r'//[^\n]*|"(?:\\.|[^"\\])*"', lambda match: " " * len(match.group()), text)
        kind = rng.choice(["name", "name", "member", "argument"])
        pattern = {"name": r"(?<=[\s(,&!])(?<!fn )(?<!let )(?<!mut )(?<!for )(?<!mod )(?<!use )([a-z][a-z_]{3,})(?=[.,;)?\[(])",
                   "member": r"(?<=\w\.)([a-z][a-z_]+)(?=[.,;)?\[(])", "argument": r"(?<=\w\()([a-z_]+)(?=\))"}[kind]
        found = list(re.finditer(pattern, code))
        if not found:
            return None
        found = rng.choice(found)
        new = "()" if kind == "argument" else invented(rng)
        return text[:found.start(1)] + new + text[found.end(1):], kind

    def damage(self, text, rng):
        kind = rng.choice(["misspell", "misspell", "import", "import", "self", "mut", "borrow", "unused"])
        code = re.sub(r'//[^\n]*|"(?:\\.|[^"\\])*"', lambda match: " " * len(match.group()), text)
        words = set(re.findall(r"\w+", text))
        pick = lambda pattern: (lambda found: rng.choice(found) if found else None)(list(re.finditer(pattern, code)))
        if kind == "misspell":
            found = pick(r"(?<=[\s(,&!])(?<!fn )(?<!let )(?<!mut )(?<!for )(?<!mod )(?<!use )([a-z][a-z_]{3,})(?=[.,;)\s?\[(])(?!\s*[:=]\s)")
            if not found or found.group(1) in "self match else move where async await break continue return impl unsafe static const struct enum loop while crate super".split():
                return None
            new = misspell(found.group(1), rng)
            return None if new in words else (text[:found.start(1)] + new + text[found.end(1):], kind)
        if kind == "import":
            if rng.random() < 0.5:
                found = pick(r"(?m)^use [\w:]+;\n")
                return found and (text[:found.start()] + text[found.end():], kind)
            found = pick(r"(?<=[{ ])[A-Z]\w+, (?=[\w, ]*\};)")
            return found and (text[:found.start()] + text[found.end():], kind)
        patterns = {"self": r"\bself\.(?=[a-z_]+\b)", "mut": r"(?<=let )mut ", "borrow": r"(?<=[(,] )&(?=[a-z_]\w*[,)])|(?<=\()&(?=[a-z_]\w*[,)])"}
        if kind in patterns:
            found = pick(patterns[kind])
            return found and (text[:found.start()] + text[found.end():], kind)
        found, spare = pick(r"(?m)^use "), rng.choice(SPARE["rust"])
        return found and (text[:found.start()] + spare + "\n" + text[found.start():], kind)


def pyright(command, root, files):
    (root / "pyrightconfig.json").write_text(json.dumps({"reportUnusedImport": "warning", "reportMissingImports": False, "reportMissingModuleSource": False}))
    done = subprocess.run([*command, "--outputjson", "-p", str(root)], capture_output=True, cwd=root)
    found = collections.defaultdict(list)
    for item in json.loads(done.stdout)["generalDiagnostics"]:
        told = {"range": item["range"], "message": item["message"], "severity": 1, "source": "Pyright", "code": item.get("rule", "")}
        found[pathlib.Path(item["file"])].append(told)
    return found


def ruff(command, root, files):
    done = subprocess.run([*command, "check", "--isolated", "--no-cache", "--select", "F401,F821,F841", "--output-format", "json", str(root)], capture_output=True)
    found = collections.defaultdict(list)
    spot = lambda place: {"line": place["row"] - 1, "character": place["column"] - 1}
    for item in json.loads(done.stdout):
        fix = item["fix"] or {"edits": [], "message": item["message"]}
        edits = [{"newText": edit["content"], "range": {"start": spot(edit["location"]), "end": spot(edit["end_location"])}} for edit in fix["edits"]]
        # As `ruff server` sends it.
        data = {"code": item["code"], "title": fix["message"], "edits": edits, "is_preferred": fix.get("applicability") == "safe" if edits else None}
        told = {"range": {"start": spot(item["location"]), "end": spot(item["end_location"])}, "message": item["message"],
                "severity": 1, "source": "Ruff", "code": item["code"], "data": data, "relatedInformation": []}
        found[pathlib.Path(item["filename"])].append(told)
    return found


def as_rust_analyzer_does(item, root):
    """rustc's JSON as rust-analyzer makes LSP diagnostics of it (crates/rust-analyzer/src/diagnostics/flycheck_to_proto.rs)."""
    spot = lambda span: {"start": {"line": span["line_start"] - 1, "character": span["column_start"] - 1},
                         "end": {"line": span["line_end"] - 1, "character": span["column_end"] - 1}}
    location = lambda span: {"uri": (root / span["file_name"]).as_uri(), "range": spot(span)}
    related = [{"location": location(span), "message": span["label"]} for span in item["spans"] if not span["is_primary"] and span["label"]]
    message, labelled = item["message"], True
    for child in item["children"]:
        spans = [span for span in child["spans"] if span["is_primary"]]
        if not spans:
            message, labelled = f"{message}\n{child['message']}", False
            continue
        texts = [f"`{span['suggested_replacement']}`" for span in spans if span["suggested_replacement"]]
        related.append({"location": location(spans[0]), "message": child["message"] + (": " + ", ".join(texts) if texts else "")})
    for span in item["spans"]:
        if span["is_primary"]:
            label = f"\n{span['label']}" if labelled and span["label"] else ""
            yield root / span["file_name"], {
                "range": spot(span), "message": message + label, "severity": 1, "source": "rustc", "code": (item["code"] or {}).get("code", ""),
                "relatedInformation": related, "data": {"rendered": item["rendered"]}}


def rustc(command, root, files):
    done = subprocess.run([*command, "check", "--lib", "--quiet", "--message-format=json"], capture_output=True, cwd=root)
    found = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        item = json.loads(line)
        if item.get("reason") == "compiler-message" and str(root) in item["target"]["src_path"] and item["message"]["code"]:
            for path, told in as_rust_analyzer_does(item["message"], root):
                found[path].append(told)
    return found


CHECKERS = {"pyright": (pyright, Python(), "pyright"), "ruff": (ruff, Python(), "ruff"), "rustc": (rustc, Rust(), "cargo")}
# What the damage can lead to; other complaints that it causes elsewhere are consequences.
ABOUT = re.compile(r"is not defined|not accessed|Undefined name|imported but unused|unknown import symbol"
                   r"|^cannot find|^unused import|^mismatched types|as mutable|immutable|^cannot assign to|^no (method|field|function)|failed to resolve|undeclared|unresolved")


def key(told):
    return told["code"], told["message"].split("\n")[0]


def news(before, after, whatever):
    known = collections.Counter(map(key, before))
    fresh = []
    for told in after:
        if known[key(told)]:
            known[key(told)] -= 1
        elif whatever or ABOUT.search(told["message"]):
            fresh.append(told)
    return fresh


def repair(binary, path, told, cwd, infill):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump([told], file)
        file.flush()
        done = subprocess.run([binary, "fix", "--json", "--time", "50", "--diagnostics", file.name, str(path), *["--with-model"][:infill]], capture_output=True, cwd=cwd)
    answer = json.loads(done.stdout)
    wanted = "infill" if infill else "fix_diagnostic"
    return answer, [offer for offer in answer["offers"] if offer["action"] == wanted]


def one_root(options, root, rng, cases):
    """Damage the files of one package, one at a time where the checker stops at the first error."""
    check, language, _ = CHECKERS[options.checker]
    command = shlex.split(options.command)
    manifest = root / "Cargo.toml"
    if manifest.exists():
        text = re.sub(r"(?ms)^\[+(dev-dependencies|target\.[^\]]*dev-dependencies|bench|test|example)\b.*?(?=^\[|\Z)", "", manifest.read_text())
        manifest.write_text(text + ("" if "[workspace]" in text else "\n[workspace]\n"))
        (root / "Cargo.lock").unlink(missing_ok=True)
    files = sorted(path for path in root.rglob(f"*.{language.ending}") if 600 < path.stat().st_size < 60_000
                   and not {"tests", "test", "testing", "target", "examples", "benches", "docs"} & set(path.relative_to(root).parts))
    if not files:
        return
    base = check(command, root, files)
    alone = options.checker == "rustc"
    if alone and any(told["code"].startswith("E") for found in base.values() for told in found):
        print(f"{root.name}: does not compile here, left out", file=sys.stderr)
        return
    for _ in range(options.rounds):
        if len(cases) >= options.cases:
            return
        damaged = {}
        for path in rng.sample(files, min(len(files), 12)) if alone else files:
            text = path.read_bytes().decode()
            made = language.damage_for_infill(text, rng) if options.infill else language.damage(text, rng)
            if made and made[0] != text:
                damaged[path] = (text, *made)
        batches = [{path: made} for path, made in damaged.items()] if alone else [damaged]
        for batch in batches:
            for path, (_, broken, _) in batch.items():
                path.write_bytes(broken.encode())
            after, second = check(command, root, files), {}
            for path, (text, broken, kind) in batch.items():
                fresh = news(base[path], after[path], options.infill)
                if not fresh:
                    continue
                told = dict(fresh[0])
                if options.bare:
                    told = {name: told[name] for name in ("range", "message", "severity", "source", "code")}
                answer, offers = repair(options.binary, path, told, root, options.infill)
                case = dict(path=path, kind=kind, told=told, ms=answer["ms"], offers=offers, exact=False, silent=False, text=text, broken=broken)
                cases.append(case)
                if offers:
                    mended = apply(broken, offers[0]["edits"])
                    case["exact"] = case["silent"] = mended == text
                    second[path] = (mended, case, fresh)
            todo = {path: made for path, made in second.items() if not made[1]["exact"]}
            for path, (mended, _, _) in todo.items():
                path.write_bytes(mended.encode())
            again = check(command, root, files) if todo else {}
            for path, (_, case, fresh) in todo.items():
                left = news(base[path], again[path], options.infill)
                # Nothing new about the place, and nothing that was not there before.
                case["silent"] = len(left) < len(fresh) and (key(fresh[0]) not in map(key, left) or sum(key(one) == key(fresh[0]) for one in left) < sum(key(one) == key(fresh[0]) for one in fresh))
            for path, (text, _, _) in batch.items():
                path.write_bytes(text.encode())


def main():
    parser = parser_of(__doc__, rounds=3, cases=400, seed=1, show=0)
    parser.add_argument("--checker", choices=CHECKERS, required=True)
    parser.add_argument("--bare", action="store_true")
    parser.add_argument("--infill", action="store_true")
    parser.add_argument("--record")
    parser.add_argument("--command")
    options = parser.parse_args()
    options.command = options.command or CHECKERS[options.checker][2]
    options.binary = str(pathlib.Path(options.binary).resolve())
    rng, cases, start = random.Random(options.seed), [], time.time()
    with tempfile.TemporaryDirectory() as folder:
        for number, source in enumerate(map(pathlib.Path, options.folders)):
            root = pathlib.Path(folder, f"{number}").resolve()
            shutil.copytree(source, root, ignore=shutil.ignore_patterns("target", ".git"))
            one_root(options, root, rng, cases)
            print(f"{source.name}: {len(cases)} cases, {time.time() - start:.0f} s", file=sys.stderr)
    table = collections.defaultdict(lambda: [0] * 5)
    for case in cases:
        for name in (case["kind"], "all"):
            row = table[name]
            row[0] += 1
            row[1] += bool(case["offers"])
            row[2] += case["exact"]
            row[3] += case["silent"]
            row[4] += any(apply(case["broken"], offer["edits"]) == case["text"] for offer in case["offers"])
    shown = 0
    for case in cases:
        if shown < options.show and not case["silent"]:
            shown += 1
            was, now = next(((a, b) for a, b in zip(case["text"].split("\n"), case["broken"].split("\n")) if a != b), ("", ""))
            print(f"{case['path'].name} {case['kind']}: {case['told']['message'][:140]!r}\n  was     {was.strip()[:110]}\n  damaged {now.strip()[:110]}")
            print("  " + (" | ".join(offer["title"] for offer in case["offers"]) or "nothing"))
    print(f"{'damage':10} {'cases':>5} {'offer':>6}  of those: {'silent':>6} {'equal':>6} {'in 3':>6}")
    for kind, row in sorted(table.items()):
        print(f"{kind:10} {row[0]:5} {share(row[1], row[0])}            {share(row[3], row[1])} {share(row[2], row[1])} {share(row[4], row[1])}")
    if cases:
        times = sorted(case["ms"] for case in cases)
        print(f"median {statistics.median(times):.0f} ms, 95 % within {times[int(len(times) * .95)]:.0f} ms")
    if options.record:
        kept = {}
        for case in sorted(cases, key=lambda case: len(case["text"])):
            if case["exact"] and case["kind"] not in kept:
                kept[case["kind"]] = {"checker": options.checker, "kind": case["kind"], "text": case["broken"], "mended": case["text"], "told": case["told"]}
            # No path of the machine it was recorded on.
        for kind, case in kept.items():
            text = json.dumps(case["told"])
            text = re.sub(r'"file://[^"]*/', '"file:///', text)
            case["told"] = json.loads(text)
        pathlib.Path(options.record).write_text(json.dumps(list(kept.values()), indent=1))


if __name__ == "__main__":
    main()
