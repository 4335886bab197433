#!/usr/bin/env python3
"""Damage one token of real files so that a strict parser rejects them, and judge the first repair that treefill offers.

  benches/repairs.py --from DIR --language python [--cases 300] [--seed 1] [--reported] [--damages 2] [--with-model]

DIR is any source tree, best one that neither the model nor grammars/<lang>/ngrams.txt was made from. Python is judged by
CPython's `ast`, Rust by rustfmt. The binary (`--binary target/release/treefill`) is called as `treefill fix --json`: for the
first error of the file, or with `--reported` for the line where that other parser reports its first error. With `--damages 2`
two tokens are damaged, 1 to 12 lines apart, and the first offers are applied one after another, at most four, until nothing is
reported. With `--with-model` the model orders the repairs, and the times are those of both. Prints, by kind of damage: how many
first offers parse, how many give the original back, the median time of a search; and how many offers have more errors than the
damaged file had (must be 0, or the exit code is 1). `--show N` prints N first offers that are not the original; `--classes` a
table by class of repair, in Markdown: how many first offers, and how many preferred ones, give the original back.
"""
import collections, json, pathlib, statistics, subprocess, sys, tempfile

from common import apply, options as parser_of, share
from damage import LANGUAGES, cases

# Offers applied to a file with more than one damage.
ROUNDS = 4


class Progress:
    """A case and what became of it."""

    def __init__(self, case):
        self.case, self.text, self.first, self.titles, self.times, self.worse = case, case.broken, None, [], [], 0
        self.line, self.offer = None, None

    def take(self, answer):
        """Apply the first offer; whether there was one."""
        texts = [apply(self.text, offer["edits"]) for offer in answer["offers"]]
        # A file that was not parsed in time has no number of errors.
        self.worse += sum(None not in (offer["errors"], answer["errors"]) and offer["errors"] > answer["errors"]
                          for offer in answer["offers"])
        self.times.append(answer["ms"])
        if self.first is None:
            self.first, self.offer = texts, (answer["offers"] or [None])[0]
        self.titles += [f"at {self.line}: {answer['offers'][0]['title'] if texts else 'nothing'}"]
        self.text = texts[0] if texts else self.text
        return bool(texts)


def ask(options, progress, folder):
    """One answer for each file."""
    ending, _, error_line = LANGUAGES[options.language]
    targets = []
    for number, one in enumerate(progress):
        path = pathlib.Path(folder, f"{number}.{ending}")
        path.write_bytes(one.text.encode())
        one.line = error_line(one.text)
        # One behind the last line is the end of the file.
        line = min(one.line or 1, one.text.count("\n") + 1)
        targets.append(f"{path}:{line}" if options.reported else path)
    done = subprocess.run([options.binary, "fix", "--json", "--time", str(options.time), *["--with-model"][:options.with_model], *targets],
                          stdout=subprocess.PIPE)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(progress):
        sys.exit("treefill did not answer for every file")
    return answers


def repair(options, progress):
    """Apply first offers until nothing is reported or nothing is offered."""
    error_line = LANGUAGES[options.language][2]
    left = progress
    for _ in range(ROUNDS if options.damages > 1 else 1):
        with tempfile.TemporaryDirectory() as folder:
            answers = ask(options, left, folder) if left else []
        taken = [one for one, answer in zip(left, answers) if one.take(answer)]
        left = [one for one in taken if error_line(one.text) is not None]


def line_of_difference(a, b):
    for number, (x, y) in enumerate(zip(a.split("\n"), b.split("\n")), 1):
        if x != y:
            return number, x, y
    return 0, "", ""


def show(one, parsed):
    case = one.case
    line, was, now = line_of_difference(case.text, case.broken)
    print(f"{case.path}:{line} {case.kind}: {case.done}\n  was     {was.strip()[:110]}\n  damaged {now.strip()[:110]}\n"
          f"  {', '.join(one.titles)}{'' if parsed else '   (does not parse)'}")


def classes(progress):
    """The table by class of the first offer."""
    rows = collections.defaultdict(lambda: [0, 0, 0, 0])
    for one in (one for one in progress if one.offer):
        exact, preferred = one.first[0] == one.case.text, one.offer["preferred"]
        for key in (one.offer.get("class") or one.offer["action"], "all"):
            for column, counts in enumerate((True, exact, preferred, preferred and exact)):
                rows[key][column] += bool(counts)
    print("| class | first offers | equal | preferred | equal |\n|---|---|---|---|---|")
    for name, (count, exact, preferred, sure) in sorted(rows.items(), key=lambda row: (row[0] == "all", -row[1][0])):
        print(f"| {name} | {count} | {share(exact, count).strip()} | {preferred} | {share(sure, preferred).strip()} |")


def main():
    parser = parser_of(__doc__, folders=1, cases=300, seed=1, show=0)
    parser.add_argument("--language", choices=LANGUAGES, required=True)
    parser.add_argument("--damages", type=int, choices=[1, 2], default=1)
    parser.add_argument("--reported", action="store_true")
    parser.add_argument("--time", type=int, default=50, help="milliseconds for one search: what an editor's menu gives")
    parser.add_argument("--with-model", action="store_true")
    parser.add_argument("--classes", action="store_true")
    options = parser.parse_args()
    error_line = LANGUAGES[options.language][2]
    found = cases(options.folders[0], options.language, options.cases, options.seed, options.damages)
    progress = [Progress(case) for case in found]
    repair(options, progress)
    table = collections.defaultdict(lambda: [0, 0, 0, 0, 0])
    shown = 0
    for one in progress:
        parsed, exact = error_line(one.text) is None, one.text == one.case.text
        for key in (one.case.kind, "all"):
            for column, counts in enumerate((True, one.first, parsed, exact, one.case.text in (*one.first, one.text))):
                table[key][column] += bool(counts)
        if not exact and shown < options.show:
            shown += 1
            show(one, parsed)
    print(f"{'damage':12} {'cases':>5} {'offer':>6} {'parses':>6} {'equal':>6} {'in 3':>6}")
    for kind, row in sorted(table.items()):
        print(f"{kind:12} {row[0]:5} " + " ".join(share(part, row[0]) for part in row[1:]))
    sure = [sum(table[kind][number] for kind in ("mark", "keyword", "indentation")) for number in (0, 3)]
    if sure[0]:
        print(f"equal among punctuation, keyword and indentation damage: {share(sure[1], sure[0])}")
    if options.classes:
        classes(progress)
    times, worse = sorted(ms for one in progress for ms in one.times), sum(one.worse for one in progress)
    print(f"median {statistics.median(times):.0f} ms, 95 % within {times[int(len(times) * .95)]:.0f} ms; offers that add errors: {worse}")
    sys.exit(worse > 0)


if __name__ == "__main__":
    main()
