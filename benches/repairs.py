#!/usr/bin/env python3
"""Damage one token of real files so that a strict parser rejects them, and judge the first repair that treefill offers.

  benches/repairs.py --from DIR --language python [--cases 300] [--seed 1] [--with-model] [--binary target/release/treefill]

DIR is any source tree, best one that neither the model nor grammars/<lang>/ngrams.txt was made from. Python is judged by
CPython's `ast`, Rust by rustfmt. The binary is called as `treefill fix --json`; with `--with-model` the model orders the repairs, and the times are those of both. Prints, by kind of damage: how many first
offers parse, how many give the original back, the median time of a search; and how many offers have more errors than the
damaged file had (must be 0, or the exit code is 1). `--show N` prints N first offers that are not the original.
"""
import collections, io, json, keyword, pathlib, random, re, statistics, subprocess, sys, tempfile, tokenize

from common import apply, options as parser_of, python_parses, rust_parses, share

RUST_KEYWORDS = set("as async await break const continue crate else enum extern fn for if impl in let loop match mod move "
                    "mut pub ref return static struct super trait type unsafe use where while dyn".split())
RUST = re.compile(r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)|(?P<text>b?r\#*".*?"\#*|b?"(?:\\.|[^"\\])*"|b?'(?:\\.[^']*|[^'\\])')"""
                  r"""|(?P<word>'?[A-Za-z_]\w*)|(?P<number>\d[\w.]*)|(?P<mark>->|=>|::|\.\.=|\.\.|&&|\|\||[<>=!+\-*/%&|^]=|<<|>>|.)""", re.S)


def python_tokens(text):
    """(start, end, kind) of the tokens that may be damaged; offsets in characters."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    kinds = {tokenize.OP: "mark", tokenize.NAME: "word", tokenize.NUMBER: "number", tokenize.STRING: "text"}
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in kinds:
            kind = "keyword" if keyword.iskeyword(token.string) else kinds[token.type]
            yield starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1], kind


def rust_tokens(text):
    for match in RUST.finditer(text):
        if match.lastgroup != "skip":
            kind = "keyword" if match.group() in RUST_KEYWORDS else match.lastgroup
            yield match.start(), match.end(), kind


LANGUAGES = {"python": ("py", python_tokens, python_parses), "rust": ("rs", rust_tokens, rust_parses)}


def misspell(word, rng):
    """A word with one slip of the fingers."""
    at = rng.randrange(len(word))
    return rng.choice([
        word[:at] + word[at + 1:],
        word[:at] + word[at] + word[at:],
        word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1:],
        word[:max(at - 1, 0)] + word[max(at - 1, 0):at + 1][::-1] + word[at + 1:],
    ])


def damage(text, language, rng):
    """(damaged text, kind of damage, what was done), or None when the dice fell badly."""
    tokens = list(LANGUAGES[language][1](text))
    if len(tokens) < 30:
        return None
    wanted = rng.choice(["mark"] * 6 + ["keyword"] * 3 + (["indentation"] * 2 if language == "python" else []) + ["quote", "word"])
    if wanted == "indentation":
        lines = text.splitlines(keepends=True)
        at = rng.randrange(len(lines))
        code = lines[at].lstrip(" ")
        width = len(lines[at]) - len(code)
        if not code.strip() or code.startswith("#"):
            return None
        new = max(width + rng.choice([-4, -3, -2, -1, 1, 2, 3, 4]), 0)
        lines[at] = " " * new + code
        return "".join(lines), wanted, f"{width} -> {new}"
    pool = [token for token in tokens if token[2] == ("text" if wanted == "quote" else wanted)]
    if not pool:
        return None
    start, end, _ = rng.choice(pool)
    old = text[start:end]
    if wanted == "quote":
        cut = rng.choice([start + len(old) - len(old.lstrip("rbfuRBFU")), end - 1])
        return text[:cut] + text[cut + 1:], wanted, f"delete a quote of {old[:20]!r}"
    ways = ["delete", "delete", "insert", "replace", "swap"] if wanted == "mark" else ["delete", "misspell", "misspell", "insert", "replace"]
    way = rng.choice(ways)
    other = text[slice(*rng.choice(pool)[:2])]
    if way == "delete":
        new = ""
    elif way == "insert":
        new = old + (" " if wanted != "mark" else "") + rng.choice([old, other])
    elif way == "replace":
        new = other
    elif way == "misspell":
        new = misspell(old, rng)
    else:
        at = next(number for number, token in enumerate(tokens) if token[0] == start)
        if at + 1 == len(tokens) or "\n" in text[end:tokens[at + 1][0]]:
            return None
        following = tokens[at + 1]
        new, end = text[following[0]:following[1]] + text[end:following[0]] + old, following[1]
    return text[:start] + new + text[end:], wanted, f"{way} {old!r} -> {new!r}"


def cases(folder, language, count, seed):
    ending, _, parses = LANGUAGES[language]
    rng = random.Random(seed)
    files = sorted(path for path in pathlib.Path(folder).rglob(f"*.{ending}") if 800 < path.stat().st_size < 60_000)
    if not files:
        sys.exit(f"no *.{ending} file of 800 to 60000 bytes in {folder}")
    found, sound, failures = [], {}, 0
    while len(found) < count and failures < 100 * count:
        path = rng.choice(files)
        text = path.read_bytes().decode("utf-8", "replace")
        if path not in sound:
            sound[path] = parses(text)
        damaged = damage(text, language, rng) if sound[path] else None
        if damaged is None or damaged[0] == text or parses(damaged[0]):
            failures += 1
            continue
        found.append((path, text, *damaged))
    return found


def line_of_difference(a, b):
    for number, (x, y) in enumerate(zip(a.split("\n"), b.split("\n")), 1):
        if x != y:
            return number, x, y
    return 0, "", ""


def main():
    parser = parser_of(__doc__, folders=1, cases=300, seed=1, show=0)
    parser.add_argument("--language", choices=LANGUAGES, required=True)
    parser.add_argument("--time", type=int, default=50, help="milliseconds for one search: what an editor's menu gives")
    parser.add_argument("--with-model", action="store_true")
    options = parser.parse_args()
    ending, _, parses = LANGUAGES[options.language]
    damaged = cases(options.folders[0], options.language, options.cases, options.seed)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, case in enumerate(damaged):
            path = pathlib.Path(folder, f"{number}.{ending}")
            path.write_bytes(case[2].encode())
            paths.append(path)
        done = subprocess.run([options.binary, "fix", "--json", "--time", str(options.time), *["--with-model"][:options.with_model], *paths], stdout=subprocess.PIPE)
        answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(damaged):
        sys.exit("treefill did not answer for every file")
    table = collections.defaultdict(lambda: [0, 0, 0, 0, 0])
    worse, times, shown = 0, [], 0
    for (path, text, broken, kind, what), answer in zip(damaged, answers):
        texts = [apply(broken, offer["edits"]) for offer in answer["offers"]]
        worse += sum(offer["errors"] > answer["errors"] for offer in answer["offers"])
        parsed = bool(texts) and parses(texts[0])
        exact = bool(texts) and texts[0] == text
        times.append(answer["ms"])
        for key in (kind, "all"):
            row = table[key]
            row[0] += 1
            row[1] += bool(texts)
            row[2] += parsed
            row[3] += exact
            row[4] += text in texts
        if not exact and shown < options.show:
            shown += 1
            line, was, now = line_of_difference(text, broken)
            title = answer["offers"][0]["title"] if texts else "nothing"
            print(f"{path}:{line} {kind}: {what}\n  was     {was.strip()[:110]}\n  damaged {now.strip()[:110]}\n"
                  f"  {title}{'' if parsed else '   (does not parse)'}")
    print(f"{'damage':12} {'cases':>5} {'offer':>6} {'parses':>6} {'equal':>6} {'in 3':>6}")
    for kind, row in sorted(table.items()):
        print(f"{kind:12} {row[0]:5} " + " ".join(share(part, row[0]) for part in row[1:]))
    sure = [sum(table[kind][number] for kind in ("mark", "keyword", "indentation")) for number in (0, 3)]
    print(f"equal among punctuation, keyword and indentation damage: {share(sure[1], sure[0])}")
    print(f"median {statistics.median(times):.0f} ms, 95 % within {sorted(times)[int(len(times) * .95)]:.0f} ms; offers that add errors: {worse}")
    sys.exit(worse > 0)


if __name__ == "__main__":
    main()
