#!/usr/bin/env python3
"""Run the long form of the reliability tests and write their figures to benches/RELIABILITY.md.

  scripts/soak.py                     all rows, in the release profile (what `make soak` does)
  scripts/soak.py 1 4 15              some rows; the others keep their last results
  scripts/soak.py --list              the rows and what runs them
  scripts/soak.py --core 1 2          without llama.cpp, in the dev profile: rows that need a model are left as they were
  scripts/soak.py --share 0.1         a tenth of the long form, to see that it works; the table says so
  scripts/soak.py --dry               print the table, write nothing

The rows are data: scripts/soak.toml. Ends with 1 when a row failed, whose figure then says so. Python 3.11, nothing else.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import threading
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROWS = ROOT / "scripts/soak.toml"
TABLE = ROOT / "benches/RELIABILITY.md"
FIGURE = re.compile(r"row ([\w-]+): (.*)")
# No run of a row takes longer, or it hangs.
LONGEST_S = 4 * 3600


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", help="numbers or names of rows; all if none")
    parser.add_argument("--core", action="store_true", help="without llama.cpp, in the dev profile")
    parser.add_argument("--share", type=float, default=1.0, help="how much of the long form, 0 to 1")
    parser.add_argument("--list", action="store_true", help="list the rows")
    parser.add_argument("--dry", action="store_true", help="write no file")
    return parser.parse_args()


def chosen(rows, wanted):
    known = {str(row["number"]) for row in rows}
    if unknown := [name for name in wanted if name not in known]:
        sys.exit(f"soak: there is no row {', '.join(unknown)}; there are {', '.join(sorted(known, key=order))}")
    return [row for row in rows if not wanted or str(row["number"]) in wanted]


def order(number):
    return (0, int(number), "") if str(number).isdigit() else (1, 0, str(number))


def cargo(options, *words):
    command = [os.environ.get("CARGO", "cargo"), *words, *os.environ.get("CARGO_FLAGS", "").split()]
    return command + (["--no-default-features"] if options.core else ["--release"])


def build(options, names):
    """The paths of the program and of the test binaries."""
    print("soak: building …", flush=True)
    tests = [word for name in sorted(names) for word in ("--test", name)]
    command = cargo(options, "test", *tests, "--no-run", "--message-format=json")
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode != 0:
        sys.exit("soak: the build failed")
    found = {}
    for line in built.stdout.splitlines():
        message = json.loads(line)
        if message.get("reason") == "compiler-artifact" and message.get("executable"):
            found["binary" if "bin" in message["target"]["kind"] else message["target"]["name"]] = message["executable"]
    return found


def shell_of(run, built):
    """What is run."""
    if "command" in run:
        return ["sh", "-c", run["command"].format(**built)]
    exact = [] if run.get("prefix") else ["--exact"]
    return [built[run["binary"]], *run["tests"], *exact, "--nocapture", "--test-threads=1"]


def listed(rows):
    for row in rows:
        yield f"{row['number']:>4}  {row['what']}\n      {row['target']}"
        for run in row.get("run", []):
            yield f"      {run.get('command') or run['binary'] + ': ' + ' '.join(run['tests'])}"


def progress(text):
    if sys.stdout.isatty():
        print(f"\r\x1b[K{text[:110]}", end="", flush=True)


def execute(command, environment, label):
    """The figures that a run printed, by row, and why it failed, if it did."""
    figures, lines, start = {}, [], time.monotonic()
    run = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    watch = threading.Timer(LONGEST_S, run.kill)
    watch.start()
    for line in run.stdout:
        lines.append(line.rstrip())
        if found := FIGURE.search(line):
            figures.setdefault(found[1], []).append(found[2].strip())
        progress(f"{label}, {time.monotonic() - start:.0f} s: {line.strip()}")
    code = run.wait()
    watch.cancel()
    progress("")
    empty = any(re.match(r"test result: ok\. 0 passed", line) for line in lines)
    if code == 0 and not empty:
        return figures, None
    for line in lines[-40:]:
        print(f"    {line}")
    why = "no test of that name" if empty else next((line for line in lines if "panicked at" in line), f"code {code}")
    return figures, re.sub(r"^thread '([^']*)'.*panicked at ([^ ]*?):\d+:?$", r"\1 (\2)", why)


def run_row(row, built, options, environment):
    """The result of a row: its figures, its commands, whether it held."""
    number = str(row["number"])
    figures, failures, left = [], [], []
    for run in row["run"]:
        if run.get("needs") in options.lacks:
            left.append(run["needs"])
            continue
        start = time.monotonic()
        found, failure = execute(shell_of(run, built), environment, f"row {number}")
        figures += found.get(number, [])
        if failure:
            failures.append(failure)
        state = f"FAILED: {failure}" if failure else "ok"
        print(f"soak: row {number}, {time.monotonic() - start:.0f} s: {state} — {'; '.join(found.get(number, []))}", flush=True)
    if len(left) == len(row["run"]):
        print(f"soak: row {number}: needs {', '.join(left)}; not run")
        return None
    return {"figures": figures, "failures": failures, "left": left}


def machine():
    """Cores, kind of CPU and memory; no names."""
    kind = platform.machine()
    try:
        text = pathlib.Path("/proc/cpuinfo").read_text()
        memory = int(re.search(r"MemTotal: +(\d+)", pathlib.Path("/proc/meminfo").read_text())[1]) / 2**20
        kind = re.search(r"model name\s*: (.*)", text)[1]
        kind += f", {memory:.0f} GiB"
    except (OSError, TypeError):
        pass
    return f"{os.cpu_count()} cores, {kind}, {platform.system()}"


def crowd():
    """How much else runs, where it is more than the machine has cores: times of such a run say little."""
    load = os.getloadavg()[1]
    return f", load {load:.0f}" if load > (os.cpu_count() or 1) + 1 else ""


HEAD = """# Reliability, measured

Written by `make soak` (`scripts/soak.py`) from `scripts/soak.toml`; do not edit. Each row is tests that can fail: in `make test` in a short
form, with five times the limits, and in the long form here. `make soak ROWS="1 4"` runs some of them; the others keep their last result.
"Load" is told where other programs wanted more than there are cores: a time that is too long may be theirs then.
"""


def read_results():
    """The rows of the table as they are, by number."""
    if not TABLE.exists():
        return {}
    kept = {}
    for line in TABLE.read_text().splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if line.startswith("|") and len(cells) == 6 and cells[0] not in ("row", "---"):
            kept[cells[0]] = cells[3:]
    return kept


def cell(text):
    return text.replace("|", "\\|").replace("\n", " ")


def render(rows, results):
    lines = [HEAD, "| row | what | target | measured | when, where | by |", "|---|---|---|---|---|---|"]
    for row in sorted(rows, key=lambda row: order(row["number"])):
        number = str(row["number"])
        last = [row.get("absent", "not run yet"), "", ""]
        cells = results.get(number, last) if "run" in row else last
        lines.append("| " + " | ".join([number, cell(row["what"]), cell(row["target"]), *cells]) + " |")
    return "\n".join(lines) + "\n"


def main():
    options = arguments()
    options.lacks = {"model"} if options.core else set()
    rows = tomllib.loads(ROWS.read_text())["row"]
    picked = chosen(rows, options.rows)
    if options.list:
        print("\n".join(listed(picked)))
        return
    runs = [run for row in picked for run in row.get("run", []) if run.get("needs") not in options.lacks]
    # Commands name the binaries too.
    names = {run["binary"] for run in runs if "binary" in run} | {name for run in runs for name in ("core", "model") if "{%s}" % name in run.get("command", "")}
    built = build(options, names) if names else {}
    environment = {**os.environ, "TREEFILL_SOAK": str(options.share), "RUST_BACKTRACE": "0"}
    profile = "dev profile, no llama.cpp" if options.core else "release"
    share = "" if options.share >= 1 else f", {options.share:.0%} of the long form"
    failed = []
    for row in picked:
        if "run" not in row or not (result := run_row(row, built, options, environment)):
            continue
        number = str(row["number"])
        told = "; ".join(result["figures"]) or "held"
        if result["failures"]:
            failed.append(number)
            told = f"**failed**: {'; '.join(result['failures'])}. {told}"
        if result["left"]:
            told += f" (the part with a {', '.join(result['left'])} not run)"
        where = f"{datetime.date.today()}, {profile}{share}; {machine()}{crowd()}"
        # What each run is, is in soak.toml: a reader needs one command.
        command = f"`make soak ROWS={number}`" if not options.core else f"`scripts/soak.py --core {number}`"
        # Another run may have written meanwhile.
        results = {**read_results(), number: [cell(told), cell(where), command]}
        if not options.dry:
            TABLE.write_text(render(rows, results))
        else:
            print(render([row], results))
    if failed:
        sys.exit(f"soak: failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
