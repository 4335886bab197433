#!/usr/bin/env python3
"""Compare the strict verdict with the real one: rustc up to name resolution, CPython's compile().

  benches/strict.py rows  --language python|rust
  benches/strict.py files --language python|rust --from DIR [--cases N] [--seed 1]
  benches/strict.py mutants --language python|rust --from DIR [--cases 5000] [--seed 1] [--show N]

`rows` judges the examples of src/language/strict/examples/; `files` real files; `mutants` real files with one change of the
kind that a code model makes: a line cut off, copied or left out, a modifier added or removed, a body dropped, a token lost,
doubled or exchanged. A difference is a text that one accepts and the other refuses. What is no difference is listed in
DOUBTS, with the reason. Prints the differences, and their number by direction; the exit code is 1 when there are some.

`--judge COMMAND` names what answers for treefill; without it that is
`cargo bench --no-default-features --profile dev --bench strict -- judge LANGUAGE`. `--keep DIR` keeps the texts with a difference. rustc runs twice for each text that we accept
(`-Zunpretty=normal`, by RUSTC_BOOTSTRAP=1, parses only), 0.1 s on a free core.
"""
import argparse, collections, concurrent.futures, json, keyword, os, pathlib, random, re, shlex, subprocess, sys, tempfile, tomllib, warnings

from damage import LANGUAGES

warnings.simplefilter("ignore")
ROOT = pathlib.Path(__file__).parent.parent
# Not the null device: rustc renames its output to the name given, and as root that replaces the device by a file.
NOWHERE = os.path.join(tempfile.mkdtemp(prefix="treefill-strict-"), "lib.rmeta")

# rustc's errors that come before names are resolved, by code. Those without a code count, unless LATE knows the message.
EARLY = set("E0130 E0178 E0214 E0197 E0198 E0226 E0316 E0379 E0380 E0449 E0452 E0539 E0561 E0562 E0565 E0567 E0568 E0584 E0585 E0586 E0642 "
            "E0666 E0667 E0670 E0695 E0697 E0703 E0704 E0706 E0742 E0753 E0754 E0758 E0762 E0763 E0765 E0766 E0768 E0774 E0777 E0805".split())
# Messages without a code that need names, other files or the environment.
LATE = re.compile(r"^cannot (find|determine|resolve|use register|glob-import)|^aborting|^unused|not found|^invalid register|^environment variable|"
                  r"^couldn't read|^recursion limit|^unresolved|`#\[panic_handler\]`|^expected (attribute|derive macro|non-macro)|glob-import|"
                  r"^the name|^this (attribute|file)|is ambiguous|^imports? |^macro-expanded|^`[^`]*` (import|is (private|ambiguous|not exported|defined|reimported))|asm|^can't find|"
                  r"^impls of auto traits|^expected (value|type|trait|function|struct|unit struct)\b|^benchmarks must|^helper attribute|implicitly-borrowing")
# What rustc refuses and we do not, on purpose: (message, reason).
DOUBTS = [
    (r"unsafe attribute used without unsafe|extern blocks must be unsafe|`\.\.\.` range patterns", "the edition is not known: 2024 refuses it, 2021 does not"),
    (r"no rules expected|unexpected end of macro|macro|fragment|format|positional argument|argument never used|takes \d+ argument|"
     r"named argument|requires a destination|missing tokens|expected (token|one of: `\*)|repeating at this depth|cfg-pattern|invalid reference to|unknown format|multiple unused",
     "the arguments of macros are not judged beyond being expressions"),
    # Where the parser alone finds nothing, what it says afterwards is about macros' arguments and attributes.
    (r"^expected .*(found|literal|register)|underscore literal suffix", "the arguments of macros are not judged beyond being expressions"),
    (r"attribute input|removing an expression|attribute cannot be used|attribute used|meta item|`cfg`|predicate|lint attribute|`#\[|deprecat", "attributes are judged in their form, not their meaning"),
]


class Ours:
    """treefill's verdict."""

    def __init__(self, command, language):
        command = shlex.split(command) if command else ["cargo", "bench", "--no-default-features", "--profile", "dev", "--bench", "strict", "--", "judge"]
        self.process = subprocess.Popen([*command, language], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)

    def ask(self, text):
        data = text.encode()
        self.process.stdin.write(b"%d\n%b" % (len(data), data))
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def rustc(text, parse_only, early=EARLY):
    """The errors of rustc, (code, message), of the stages before names are resolved: those with a code in `early`, or with none."""
    flags = ["-Zunpretty=normal"] if parse_only else ["--emit=metadata", "-o", NOWHERE]
    done = subprocess.run(["rustc", "--edition", "2024", "--crate-type", "lib", "--error-format=json", "--cap-lints", "allow", *flags, "-"],
                          input=text.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, "RUSTC_BOOTSTRAP": "1"}, cwd=ROOT)
    for line in done.stderr.splitlines():
        if not line.startswith(b"{"):
            continue
        item = json.loads(line)
        code = (item.get("code") or {}).get("code")
        # What a macro of the file made of sound arguments is not in the text.
        if item["spans"] and all(span["expansion"] for span in item["spans"] if span["is_primary"]):
            continue
        message = item["message"].split("\n")[0]
        # What `compile_error!` says stands in the text.
        if item["level"] == "error" and not message.startswith("aborting") and message not in text and (parse_only or code in early or code is None and not LATE.search(message)):
            yield code, message


def rust_verdict(text):
    """The messages with which rustc refuses a text."""
    return [f"parser: {message}" for _, message in rustc(text, True)] or [message for _, message in rustc(text, False)]


def everything(text):
    """A text of which rustc leaves nothing out: without `#[cfg(…)]` and `#[test]`, and without crates and files that are not there,
    where it would stop."""
    text = re.sub(r"#!?\[cfg\(.*?\)\]|#\[test\]|^(#\[macro_use\])?\s*(pub )?extern crate [^\n]*", "", text, flags=re.M | re.S)
    return re.sub(r"^(\s*(?:pub(?:\([^)]*\))? )?mod \w+);", r"\1 {}", text, flags=re.M)


def python_verdict(text):
    try:
        compile(text, "text.py", "exec", dont_inherit=True)
        return []
    except (SyntaxError, ValueError) as error:
        return [getattr(error, "msg", None) or str(error)]
    except (RecursionError, MemoryError, OverflowError):
        return []


VERDICTS = {"python": python_verdict, "rust": rust_verdict}
WORDS = {
    "rust": "pub|pub(crate)|async|unsafe|const|mut|default|extern \"C\"|static|dyn|impl|&|&mut|'static|'a|ref|let|fn|move|self|&self,|where|type|"
            "struct|trait|enum|mod|use|return|break|continue|match|if|else|for|in|loop|while|as|=>|->|::|..|..=|;|,|:|=|==|<|>|?|!|.await|#[inline]|"
            "#[derive(Debug)]|/// doc\n|//! doc\n|0x|1u9|'x|_|@|$x|(|)|[|]|{|}|{}|()".split("|"),
    "python": "async|await|def|class|return|yield|yield from|lambda|lambda x:|global x|nonlocal x|import|from x import *|as|*|**|:=|=|==|:|,|not|in|is|if|"
              "else|elif|for|while|break|continue|pass|del|with|try:|except:|finally:|raise|assert|match|case _:|type|None|True|self|self.|.|(|)|[|]|{|}|@|->|"
              "...|\\|f'{|f'{x}'|b'é'|0777|1_|'|\"|print x|exec x|__debug__ = 1|from __future__ import annotations|x = 1|/|*, |**kwargs, |;".split("|"),
}


def mutant(text, language, rng):
    """The text with one change, and what that is; None when the dice fell badly."""
    lines = text.splitlines(keepends=True)
    full = [at for at, line in enumerate(lines) if line.strip()]
    if len(full) < 5:
        return None
    way = rng.choice(["cut", "cut", "copy", "copy", "drop", "double", "word", "word", "word", "token", "token", "token", "swap", "body", "body", "block", "indent"])
    at = rng.choice(full)
    line = lines[at]
    if way == "cut":
        body = line.rstrip("\n")
        start = len(body) - len(body.lstrip())
        lines[at] = body[:rng.randrange(start, len(body) + 1)] + rng.choice(["\n", ";\n" if language == "rust" else "\n"])
    elif way == "copy":
        other = lines[rng.choice(full)]
        if language == "python" and rng.random() < 0.8:
            other = line[:len(line) - len(line.lstrip())] + other.lstrip()
        lines.insert(at, other)
    elif way == "drop":
        del lines[at]
    elif way == "double":
        lines.insert(at, line)
    elif way == "block":
        count = rng.randrange(2, 8)
        moved = lines[at:at + count]
        if rng.random() < 0.5:
            del lines[at:at + count]
        place = rng.choice(full)
        lines[place:place] = moved
    elif way == "indent":
        lines[at] = " " * 4 + line if rng.random() < 0.5 else line.removeprefix("    ")
        if language == "rust":
            lines[at] = re.sub(r"^(\s*)(pub(\(\w+\))? |async |const |unsafe |mut |&mut |&)?", rng.choice([r"\1", r"\1pub ", r"\1default ", r"\1unsafe "]), line)
    elif way == "body":
        if language == "rust":
            # `fn f() { … }` loses its body, or a declaration its value.
            change = rng.choice([(r" = [^;\n]+;", ";"), (r"\{\s*\n", ";\n"), (r"\{[^{}]*\}", ";"), (r";", " {}"), (r": [^,;=(){}\n]+", ""), (r"\bpub ", "")])
        else:
            change = rng.choice([(r":\n", "\n"), (r"\n(\s+)return\b", r"\n\1yield"), (r"\bself, ", ""), (r"\n(\s+)return\b[^\n]*", r"\n\1break"), (r"\bdef ", "async def "),
                                 (r"\n    (\s*)(?=return|yield|await)", r"\n\1"), (r"\bfor ", "async for "), (r" = ", " := "), (r"=", "=1="), (r"(\w+)=", r"\1=1, \1=")])
        found = list(re.finditer(change[0], text))
        if not found:
            return None
        match = rng.choice(found)
        return text[:match.start()] + match.expand(change[1]) + text[match.end():], f"{way} {change[0]}"
    else:
        try:
            tokens = list(LANGUAGES[language][1](text))
        except Exception:
            return None
        if len(tokens) < 2:
            return None
        number = rng.randrange(len(tokens) - 1)
        start, end, kind = tokens[number]
        if way == "word":
            word = rng.choice(WORDS[language])
            return text[:start] + word + " " + text[start:], f"insert {word!r}"
        if way == "swap":
            following = tokens[number + 1]
            return text[:start] + text[following[0]:following[1]] + text[end:following[0]] + text[start:end] + text[following[1]:], way
        other = text[slice(*rng.choice(tokens)[:2])]
        new = rng.choice(["", text[start:end] + " " + text[start:end], other, rng.choice(WORDS[language])])
        return text[:start] + new + text[end:], f"{text[start:end][:20]!r} -> {new[:20]!r}"
    return "".join(lines), way


def texts(options):
    """(what it is, text) of what is to be judged."""
    files = sorted(path for path in pathlib.Path(options.folder).rglob(f"*.{LANGUAGES[options.language][0]}") if 200 < path.stat().st_size < 16_000)
    if not files:
        sys.exit(f"no file of 200 to 16000 bytes in {options.folder}")
    rng = random.Random(options.seed)
    if options.what == "files":
        rng.shuffle(files)
        for path in files[:options.cases]:
            yield str(path), path.read_bytes().decode("utf-8", "replace")
        return
    made = 0
    while made < options.cases:
        path = rng.choice(files)
        text = path.read_bytes().decode("utf-8", "replace")
        # Its operands are a language of their own.
        if "asm!" in text:
            continue
        changed = mutant(text, options.language, rng)
        if changed and changed[0] != text:
            made += 1
            yield f"{path}: {changed[1]}", changed[0]


def rows(language):
    """(name, text, whether it is accepted) of the examples."""
    with open(ROOT / f"src/language/strict/examples/{language}.toml", "rb") as file:
        for example in tomllib.load(file)["example"]:
            if example["name"].startswith("a macro may"):
                # rustc would need the macro.
                continue
            for text in example["refused"]:
                yield example["name"], text, False
            for text in example["accepted"]:
                yield example["name"], text, True


def doubt(messages):
    """Why it is no difference that we accept what is refused with these messages, if one of them says so."""
    reasons = [next((reason for pattern, reason in DOUBTS if re.search(pattern, message)), None) for message in messages]
    return next(filter(None, reasons), None)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["rows", "files", "mutants"])
    parser.add_argument("--language", choices=VERDICTS, required=True)
    parser.add_argument("--from", dest="folder")
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--judge")
    parser.add_argument("--keep", help="a folder for the texts with a difference")
    options = parser.parse_args()
    ours = Ours(options.judge, options.language)
    verdict = VERDICTS[options.language]
    if options.what == "rows":
        judged = [(name, text, expected) for name, text, expected in rows(options.language)]
    else:
        judged = [(name, text, None) for name, text in texts(options)]
    laxer, stricter, doubts, both = 0, 0, collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(1 if options.language == "python" else 2) as pool:
        for (name, text, expected), refused in zip(judged, pool.map(lambda case: verdict(case[1]), judged)):
            answer = ours.ask(text)
            accepted = answer["accepts"]
            both[accepted, not refused] += 1
            if expected is not None and expected == bool(refused):
                print(f"EXAMPLE {name}: {text!r}\n    {refused[:2]}")
            if accepted != bool(refused):
                continue
            reason = doubt(refused) if accepted and not refused[0].startswith("parser: ") else None
            if accepted and options.language == "python" and answer["min_version"] > sys.version_info.minor:
                reason = "syntax that is newer than this Python; treefill offers it where the file has such already"
            if not accepted and options.language == "rust" and list(rustc(everything(text), False, {"E0214", "E0658"})):
                reason = "rustc refuses it later: unstable syntax, or `A::(B)`"
            elif not accepted and options.language == "rust" and re.search(r"\w::\(|\w\((crate|self|super)?\) ?::", text):
                reason = "rustc refuses it later: unstable syntax, or `A::(B)`"
            elif not accepted and options.language == "rust" and verdict(everything(text)):
                reason = "rustc does not judge what `cfg` leaves out, nor anything when a crate is missing"
            if reason:
                doubts[reason] += 1
                continue
            laxer, stricter = laxer + accepted, stricter + (not accepted)
            print(f"{'we accept' if accepted else 'we REFUSE'} {name}\n    {(refused or answer['errors'])[:3]}")
            if options.keep:
                pathlib.Path(options.keep, f"{laxer + stricter}.{LANGUAGES[options.language][0]}").write_text(text)
    print(f"{len(judged)} texts: {both[True, True]} accepted by both, {both[False, False]} refused by both; "
          f"differences: we accept {laxer}, we refuse {stricter}")
    for reason, count in doubts.items():
        print(f"  {count} no difference: {reason}")
    sys.exit(laxer + stricter > 0)


if __name__ == "__main__":
    main()
