#!/usr/bin/env python3
"""Take the bodies out of documented functions of real files, let treefill write them, and judge what it writes.

  benches/implement.py --from DIR [DIR …] --language python [rust] [--cases 200] [--seed 1] [--binary target/release/treefill]

DIR is any source tree, best one that the model was not trained on. Each function is left with its docstring or doc comment
only, or with what else stands for a body. The binary is called as `treefill implement --json`. Python is judged by CPython's
`ast`, Rust by rustfmt and a lexer of our own. Prints the share with a result; of the results, the shares that parse, that
leave every other node in place, that end where the body ends, that use at least one parameter (of those that have one), and
that give something back where the annotation asks for it; and the median time. The exit code is 1 if a result does not
parse, moves something or does not end where it should. `--show N` prints N results beside the original.

Each body, written or too unlikely for it, is right or not. Where the docstring has examples that the original passes, they are run
and decide (Python only). Elsewhere the likeness to the original does: the share of tokens that both have in order (difflib); from ALIKE
on it counts as right. Prints what the chance is worth by that, with the weights that are in src/actions/implement/chance.json now: area
under its curve, calibration error, the share right from the bar on. `--list` prints likeness and chance of each. `--fit` fits the weights
to these cases and writes them there; take both languages and 200 cases or more of each for that. `--bar`, on other cases, writes the
lowest bar from which on WANTED of the bodies are right, in each language.
"""
import ast, collections, difflib, json, math, pathlib, random, re, statistics, subprocess, sys, tempfile

import doctests, fit_rank
from common import apply, options as parser_of, rust_parses

# A body that shares so many tokens with the original is one that a user would keep and mend.
ALIKE = 0.6
# The share right of what is written, that --bar sets it by.
WANTED = 0.5
CHANCE = pathlib.Path(__file__).resolve().parent.parent / "src/actions/implement/chance.json"

TOKEN = re.compile(r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)|(?P<text>b?r\#*".*?"\#*|b?"(?:\\.|[^"\\])*"|b?'(?:\\.[^']*|[^'\\])')"""
                   r"""|(?P<word>'?[A-Za-z_]\w*)|(?P<number>\d[\w.]*)|(?P<mark>.)""", re.S)
Case = collections.namedtuple("Case", "path text line name body parameters returns lines original")


def is_stub(node):
    """Whether a Python function has no body worth the name."""
    rest = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    trivial = (ast.Pass, ast.Raise)
    return not rest or all(isinstance(s, trivial) or isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant) for s in rest)


def python_cases(path, text, rng):
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    lines = text.splitlines(keepends=True)
    for node in ast.walk(tree):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or ast.get_docstring(node) is None or is_stub(node):
            continue
        doc, first, last = node.body[0], node.body[1], node.body[-1]
        if first.lineno == doc.end_lineno or last.end_lineno - first.lineno > 19 or lines[last.end_lineno - 1].rstrip().endswith("\\"):
            continue
        start = doc.end_lineno
        indent = re.match(r"\s*", lines[doc.lineno - 1]).group()
        placeholder = rng.choice(["", "", "pass", "...", "raise NotImplementedError"])
        new = [indent + placeholder + "\n"] if placeholder else []
        args = node.args
        names = [a.arg for a in [*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg] if a]
        returns = node.returns is not None and ast.unparse(node.returns) not in ("None", "NoReturn", "Never")
        yield Case(path, "".join(lines[:start] + new + lines[last.end_lineno:]), node.lineno, node.name,
                   "".join(lines[start:last.end_lineno]), [n for n in names if n not in ("self", "cls")], returns, len(new), text)


def python_find(tree, case):
    """The function of a case, by its line."""
    return next((n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)) and n.lineno == case.line), None)


def python_judge(case, new, edits):
    try:
        before, after = ast.parse(case.text), ast.parse(new)
    except (SyntaxError, ValueError, RecursionError):
        return dict(parses=False)
    old, function = python_find(before, case), python_find(after, case)
    if function is None or function.name != case.name:
        return dict(parses=True, kept=False)
    grown = new.count("\n") - case.text.count("\n")
    ends = function.end_lineno == old.end_lineno + grown
    read = {n.id for s in function.body for n in ast.walk(s) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    answers = any(isinstance(n, (ast.Return, ast.Yield, ast.YieldFrom)) and n.value is not None for s in function.body for n in ast.walk(s))
    documented = ast.get_docstring(old, clean=False) == ast.get_docstring(function, clean=False)
    end = old.end_lineno
    old.body = function.body = []
    # Everything else: the same nodes, at the same lines but for what the body moved.
    places = lambda tree, by: [(type(n).__name__, n.lineno + (by if n.lineno > end else 0), n.col_offset) for n in ast.walk(tree) if hasattr(n, "lineno")]
    kept = documented and ast.dump(before) == ast.dump(after) and places(before, grown) == places(after, 0)
    return dict(parses=True, kept=kept, ends=ends, uses=bool(read & set(case.parameters)), answers=answers)


def rust_tokens(text):
    return [(m.group(), m.start(), m.lastgroup) for m in TOKEN.finditer(text) if m.lastgroup != "skip"]


def partner(tokens, at):
    """The token that closes the bracket at `at`."""
    depth = 0
    for number in range(at, len(tokens)):
        if tokens[number][2] == "mark":
            depth += (tokens[number][0] in "([{") - (tokens[number][0] in ")]}")
            if depth == 0:
                return number
    return None


def rust_function(tokens, name, near):
    """(opening brace, closing brace, parameters, whether it returns) of the function whose name stands at byte `near`."""
    at = next((n for n, t in enumerate(tokens) if t[0] == "fn" and n + 1 < len(tokens) and tokens[n + 1][:2] == (name, near)), None)
    if at is None:
        return None
    opening = next((n for n in range(at, len(tokens)) if tokens[n][0] == "(" and tokens[n][2] == "mark" and angles(tokens, at, n) == 0), None)
    closing = opening and partner(tokens, opening)
    if not closing:
        return None
    inside = tokens[opening + 1:closing]
    parameters, depth = [], 0
    for number, (text, _, kind) in enumerate(inside):
        depth += kind == "mark" and (text in "([{<") - (text in ")]}>")
        after = [t[0] for t in inside[number + 1:number + 3]]
        if kind == "word" and depth == 0 and after[:1] == [":"] and after[1:] != [":"] and (number == 0 or inside[number - 1][0] in ",mut]"):
            parameters.append(text)
    brace = next((n for n in range(closing, len(tokens)) if tokens[n][2] == "mark" and tokens[n][0] in "{;"), None)
    if brace is None or tokens[brace][0] == ";":
        return None
    header = "".join(t[0] for t in tokens[closing + 1:brace])
    returns = header.startswith("->") and not re.match(r"->(\(\)|!)($|where)", header)
    end = partner(tokens, brace)
    return end and (brace, end, [p for p in parameters if p != "self" and not p.startswith("_")], returns)


def angles(tokens, start, end):
    texts = [t[0] for t in tokens[start:end]]
    return texts.count("<") - sum(t == ">" and texts[n - 1] != "-" for n, t in enumerate(texts))


def rust_cases(path, text, rng):
    tokens = rust_tokens(text)
    for number, token in enumerate(tokens[:-1]):
        if token[0] != "fn" or token[2] != "word":
            continue
        name, near = tokens[number + 1][:2]
        found = rust_function(tokens, name, near)
        start = text.rfind("\n", 0, token[1]) + 1
        above = text[:start].rstrip("\n").split("\n")
        while above and above[-1].strip().startswith("#["):
            above.pop()
        if not found or not above or not re.match(r"\s*///[^/]", above[-1]):
            continue
        brace, end, parameters, returns = found
        a, b = tokens[brace][1] + 1, tokens[end][1]
        body = text[a:b]
        if not 1 <= body.strip().count("\n") + 1 <= 20 or "\n" not in body or re.fullmatch(r"\s*(todo|unimplemented)!\(.*\)\s*", body):
            continue
        indent = re.match(r"\s*", text[start:]).group()
        placeholder = rng.choice(["", "todo!()", "todo!();", "unimplemented!()"])
        new = f"\n{indent}    {placeholder}\n{indent}" if placeholder else ""
        yield Case(path, text[:a] + new + text[b:], text.count("\n", 0, near) + 1, (name, near), body, parameters, returns, 0, text)


def rust_judge(case, new, edits):
    if not rust_parses(new):
        return dict(parses=False)
    texts = [rust_tokens(case.text), rust_tokens(new)]
    before, after = (rust_function(tokens, *case.name) for tokens in texts)
    if not after:
        return dict(parses=True, kept=False)
    rest = lambda tokens, found: [t[0] for t in tokens[:found[0]]] + [t[0] for t in tokens[found[1]:]]
    kept = rest(texts[0], before) == rest(texts[1], after)
    tail = lambda text, tokens, found: text[tokens[found[1]][1]:]
    ends = tail(case.text, texts[0], before) == tail(new, texts[1], after)
    body = texts[1][after[0] + 1:after[1]]
    words = {t for n, (t, _, kind) in enumerate(body) if kind == "word" and (n == 0 or body[n - 1][0] != ".")}
    answers = bool(body) and (body[-1][0] not in ";" or "return" in words)
    return dict(parses=True, kept=kept, ends=ends, uses=bool(words & set(case.parameters)), answers=answers)


LANGUAGES = {"python": ("py", python_cases, python_judge), "rust": ("rs", rust_cases, rust_judge)}


def cases(folders, language, count, seed):
    ending, find, _ = LANGUAGES[language]
    rng = random.Random(seed)
    paths = [path for folder in folders for path in pathlib.Path(folder).expanduser().rglob(f"*.{ending}") if 500 < path.stat().st_size < 100_000]
    found = []
    for path in sorted(paths):
        text = path.read_bytes().decode("utf-8", "replace")
        if "\r" not in text and "�" not in text:
            found += find(path, text, rng)
    rng.shuffle(found)
    if language == "rust":
        return [case for case, _ in zip((c for c in found if rust_parses(c.text)), range(count))]
    return found[:count]


def likeness(original, written):
    """The share of tokens, from 0 to 1, that two bodies have in order."""
    tokens = [re.findall(r"\w+|[^\w\s]", text) for text in (original, written)]
    return difflib.SequenceMatcher(None, *tokens, autojunk=False).ratio()


def rated(asked, answers, language):
    """(case, answer, likeness, whether it passes its examples, whether it is right) of each body, also of those not written."""
    found = []
    for case, answer in zip(asked, answers):
        edits = answer.get("edits") or answer.get("unlikely_edits")
        if edits and "chance" in answer:
            like = likeness(case.body, "".join(edit["text"] for edit in edits))
            passed = doctests.judge(case, case.original, apply(case.text, edits)) if language == "python" else None
            found.append((case, answer, like, passed, like >= ALIKE if passed is None else passed))
    return found


def chance(made, answer):
    """What these weights say of a body, whatever those in the binary do."""
    sum_ = made["bias"] + sum(made["weights"].get(name, 0.0) * value for name, value in answer["features"].items())
    return 1 / (1 + math.exp(-sum_))


def judge_chance(found):
    """Prints what the chance is worth."""
    made = json.loads(CHANCE.read_text())
    bar = made["bar"]
    scored = [(chance(made, answer), right) for _, answer, _, _, right in found]
    written = [right for chance, right in scored if chance >= bar]
    tested = [(chance(made, answer), passed) for _, answer, _, passed, _ in found if passed is not None]
    error, rows = fit_rank.calibration(scored)
    print(f"{'mean likeness to the original':32} {statistics.mean(like for _, _, like, _, _ in found):.3f}")
    print(f"{'passes its examples':32} {sum(passed for _, passed in tested)} of {len(tested)}"
          f"; from the bar on {sum(passed for chance, passed in tested if chance >= bar)} of {sum(chance >= bar for chance, _ in tested)}")
    print(f"{'right of all bodies':32} {sum(right for _, right in scored)} of {len(scored)}")
    print(f"{f'right from the bar ({bar}) on':32} {sum(written)} of {len(written)}")
    print(f"{'area under the curve, error':32} {fit_rank.area(scored):.3f}, {error:.3f}")
    for count, mean, right in rows:
        print(f"  {count:4} bodies: chance {mean:.2f}, right {right:.2f}")


def fit_chance(found):
    """Writes weights that are fitted to these bodies."""
    names = list(found[0][1]["features"])
    samples = [(right, [1.0, *(float(answer["features"][name]) for name in names)]) for _, answer, _, _, right in found]
    weights = fit_rank.fit(samples, len(names) + 1)
    made = {"fitted": f"by benches/implement.py to {len(samples)} bodies", "bias": round(weights[0], 4),
            "weights": {name: round(weight, 4) for name, weight in zip(names, weights[1:])}, "bar": json.loads(CHANCE.read_text())["bar"]}
    CHANCE.write_text(json.dumps(made, indent=2) + "\n")
    scored = [(chance(made, answer), right) for _, answer, _, _, right in found]
    print(f"{CHANCE.name}: area under the curve {fit_rank.area(scored):.3f} on the cases that it was fitted to")


def lowest_bar(found):
    """The lowest chance from which on WANTED of these bodies are right."""
    bar, rights = 0.99, 0
    made = json.loads(CHANCE.read_text())
    ranked = sorted(((chance(made, answer), right) for _, answer, _, _, right in found), reverse=True)
    for number, (likely, right) in enumerate(ranked, 1):
        rights += right
        if rights / number >= WANTED:
            bar = min(bar, likely)
    return bar


def ask(asked, binary, ending):
    """treefill's answer for each case."""
    with tempfile.TemporaryDirectory() as folder:
        places = []
        for number, case in enumerate(asked):
            path = pathlib.Path(folder, f"{number}.{ending}")
            path.write_bytes(case.text.encode())
            places.append(f"{path}:{case.line}")
        done = subprocess.run([binary, "implement", "--json", *places], stdout=subprocess.PIPE)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(asked):
        sys.exit("treefill did not answer for every function")
    return answers


def judge_results(asked, answers, judge, show):
    """Prints what the written bodies are like; returns how many are wrong."""
    counts, reasons, wrong = collections.Counter(), collections.Counter(), 0
    for case, answer in zip(asked, answers):
        if "edits" not in answer:
            reasons[answer["message"]] += 1
            if answer["reason"] == "not_here":
                print(f"not recognised: {case.path} {case.name}")
            continue
        found = judge(case, apply(case.text, answer["edits"]), answer["edits"])
        counts["results"] += 1
        counts["with parameters"] += bool(case.parameters)
        counts["asked for a value"] += case.returns
        for key in ("parses", "kept", "ends"):
            counts[key] += found.get(key, False)
        counts["uses"] += bool(case.parameters) and found.get("uses", False)
        counts["answers"] += case.returns and found.get("answers", False)
        bad = [key for key in ("parses", "kept", "ends") if not found.get(key)]
        wrong += bool(bad)
        if bad:
            print(f"WRONG {bad}: {case.path} {case.name}\n{answer['edits']}")
        if counts["results"] <= show:
            print(f"--- {case.path} {case.name}\n{case.body.rstrip()}\n   treefill:\n{answer['edits'][0]['text']}\n")
    share = lambda part, whole: f"{part} of {whole}" + (f" ({100 * part / whole:.1f} %)" if whole else "")
    print(f"{'functions with a result':32} {share(counts['results'], len(asked))}")
    for key, name in (("parses", "parses strictly"), ("kept", "every other node in place"), ("ends", "ends where the body ends")):
        print(f"{name:32} {share(counts[key], counts['results'])}")
    print(f"{'uses a parameter, of those with':32} {share(counts['uses'], counts['with parameters'])}")
    print(f"{'gives back what is asked for':32} {share(counts['answers'], counts['asked for a value'])}")
    times = sorted(answer["ms"] for answer in answers)
    print(f"{'median / 95 % of times':32} {statistics.median(times):.0f} / {times[int(len(times) * .95)]:.0f} ms")
    for reason, count in reasons.most_common():
        print(f"  {count} × {reason}")
    return wrong


def main():
    parser = parser_of(__doc__, cases=200, seed=1, show=0)
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--bar", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--language", choices=LANGUAGES, nargs="+", required=True)
    options = parser.parse_args()
    bodies, bars, wrong = [], [], 0
    for language in options.language:
        ending, _, judge = LANGUAGES[language]
        asked = cases(options.folders, language, options.cases, options.seed)
        if not asked:
            sys.exit(f"no documented function in *.{ending} files of {', '.join(options.folders)}")
        print(f"== {language}")
        answers = ask(asked, options.binary, ending)
        wrong += judge_results(asked, answers, judge, options.show)
        found = rated(asked, answers, language)
        if options.list:
            made = json.loads(CHANCE.read_text())
            for case, answer, like, passed, _ in found:
                print(f"  likeness {like:.2f}, examples {passed}, chance {chance(made, answer):.2f}: {case.path} {case.name}")
        if found:
            judge_chance(found)
            bars.append(lowest_bar(found))
        bodies += found
    if bodies and options.fit:
        fit_chance(bodies)
    if bars and options.bar:
        CHANCE.write_text(json.dumps({**json.loads(CHANCE.read_text()), "bar": round(max(bars), 3)}, indent=2) + "\n")
        print(f"{CHANCE.name}: bar {max(bars):.3f}, of {', '.join(f'{bar:.3f}' for bar in bars)}")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
