"""Damages one or two tokens of real files, so that a parser other than treefill's rejects them: the cases of repairs.py."""
import collections, io, keyword, pathlib, random, re, sys, tokenize

from common import python_error_line, rust_error_line

RUST_KEYWORDS = set("as async await break const continue crate else enum extern fn for if impl in let loop match mod move "
                    "mut pub ref return static struct super trait type unsafe use where while dyn".split())
RUST = re.compile(r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)|(?P<text>b?r\#*".*?"\#*|b?"(?:\\.|[^"\\])*"|b?'(?:\\.[^']*|[^'\\])')"""
                  r"""|(?P<word>'?[A-Za-z_]\w*)|(?P<number>\d[\w.]*)|(?P<mark>->|=>|::|\.\.=|\.\.|&&|\|\||[<>=!+\-*/%&|^]=|<<|>>|.)""", re.S)
# Two damages are this many lines apart.
APART = range(1, 13)

# A damage replaces text[start:end] by `new`; `done` says how.
Damage = collections.namedtuple("Damage", "start end new kind done")
# A damaged file with the text it was made from.
Case = collections.namedtuple("Case", "path text broken kind done")


def python_tokens(text):
    """(start, end, kind) of the tokens that may be damaged; offsets in characters."""
    starts = line_starts(text)
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


LANGUAGES = {"python": ("py", python_tokens, python_error_line), "rust": ("rs", rust_tokens, rust_error_line)}


def line_starts(text):
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def misspell(word, rng):
    """A word with one slip of the fingers."""
    at = rng.randrange(len(word))
    return rng.choice([
        word[:at] + word[at + 1:],
        word[:at] + word[at] + word[at:],
        word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1:],
        word[:max(at - 1, 0)] + word[max(at - 1, 0):at + 1][::-1] + word[at + 1:],
    ])


def indent(text, within, rng):
    """Another indentation of a line that begins within these bytes."""
    lines = text.splitlines(keepends=True)
    starts = [at for at in line_starts(text)[:-1] if at in within]
    if not starts:
        return None
    start = rng.choice(starts)
    line = lines[text.count("\n", 0, start)]
    code = line.lstrip(" ")
    width = len(line) - len(code)
    if not code.strip() or code.startswith("#"):
        return None
    new = max(width + rng.choice([-4, -3, -2, -1, 1, 2, 3, 4]), 0)
    return Damage(start, start + width, " " * new, "indentation", f"{width} -> {new}")


def damage(text, tokens, language, rng, within):
    """A damage to a token that begins within these characters, or None when the dice fell badly."""
    wanted = rng.choice(["mark"] * 6 + ["keyword"] * 3 + (["indentation"] * 2 if language == "python" else []) + ["quote", "word"])
    if wanted == "indentation":
        return indent(text, within, rng)
    kinds = [token for token in tokens if token[2] == ("text" if wanted == "quote" else wanted)]
    pool = [token for token in kinds if token[0] in within]
    if not pool:
        return None
    start, end, _ = rng.choice(pool)
    old = text[start:end]
    if wanted == "quote":
        cut = rng.choice([start + len(old) - len(old.lstrip("rbfuRBFU")), end - 1])
        return Damage(cut, cut + 1, "", wanted, f"delete a quote of {old[:20]!r}")
    ways = ["delete", "delete", "insert", "replace", "swap"] if wanted == "mark" else ["delete", "misspell", "misspell", "insert", "replace"]
    way = rng.choice(ways)
    other = text[slice(*rng.choice(kinds)[:2])]
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
    return Damage(start, end, new, wanted, f"{way} {old!r} -> {new!r}")


def damaged(text, damages):
    for one in sorted(damages, reverse=True):
        text = text[:one.start] + one.new + text[one.end:]
    return text


def second(text, tokens, language, rng, first):
    """A damage some lines from the first one."""
    starts = line_starts(text)
    row = text.count("\n", 0, first.start) + rng.choice(APART) * rng.choice([-1, 1])
    if not 0 <= row < len(starts) - 1:
        return None
    other = damage(text, tokens, language, rng, range(starts[row], starts[row + 1]))
    return other if other and (other.end <= first.start or first.end <= other.start) else None


def cases(folder, language, count, seed, damages=1):
    """Files in which one token is damaged, or two of which each alone is an error."""
    ending, tokens_of, error_line = LANGUAGES[language]
    rng = random.Random(seed)
    files = sorted(path for path in pathlib.Path(folder).rglob(f"*.{ending}") if 800 < path.stat().st_size < 60_000)
    if not files:
        sys.exit(f"no *.{ending} file of 800 to 60000 bytes in {folder}")
    found, sound, failures = [], {}, 0
    while len(found) < count and failures < 100 * count:
        failures += 1
        path = rng.choice(files)
        if path not in sound:
            text = path.read_bytes().decode("utf-8", "replace")
            tokens = list(tokens_of(text)) if error_line(text) is None else []
            sound[path] = text, tokens if len(tokens) >= 30 else []
        text, tokens = sound[path]
        done = [damage(text, tokens, language, rng, range(len(text)))] if tokens else [None]
        if damages == 2 and done[0]:
            tries = (second(text, tokens, language, rng, done[0]) for _ in range(20))
            done.append(next((other for other in tries if other), None))
        if None in done or any(error_line(damaged(text, [one])) is None for one in done):
            continue
        broken = damaged(text, done)
        if broken != text and error_line(broken) is not None:
            kind = done[0].kind if damages == 1 else "two"
            found.append(Case(path, text, broken, kind, "; ".join(one.done for one in done)))
    return found
