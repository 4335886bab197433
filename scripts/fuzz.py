#!/usr/bin/env python3
"""Fuzzes treefill, guided by coverage: `make fuzz SECONDS=60`, or scripts/fuzz.py --seconds 600 frames edits.

Builds the targets of fuzz/ once and runs each for a while from its committed corpus. New inputs are kept in fuzz/work/. A finding ends
with exit code 1 and the input in fuzz/artifacts/TARGET/; run it again with

    scripts/fuzz.py --input fuzz/artifacts/TARGET/crash-… TARGET

--minimise makes the committed corpora anew from everything found so far. It works with the toolchain of this project: no sanitizer is used
(treefill has next to no unsafe code, and the C code of the grammars would need clang), but overflow checks and assertions are on.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
FUZZ = ROOT / "fuzz"
# What libFuzzer calls a finding, besides a panic: ten seconds for one input, 2 GB.
LIMITS = ["-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"]
LONGEST = {"frames": 1024, "edits": 1024, "gguf": 4096, "wire": 4096, "config": 2048, "suggest": 1024}
# Of a committed corpus.
MOST_FILES, MOST_BYTES = 40, 200_000
VERSION = "0.13.2"


def targets():
    return sorted(path.stem for path in (FUZZ / "fuzz_targets").glob("*.rs"))


def build():
    """The folder of the targets' binaries."""
    if subprocess.run(["cargo", "fuzz", "--version"], capture_output=True).returncode != 0:
        subprocess.run(["cargo", "install", "cargo-fuzz", "--locked", "--version", VERSION], check=True)
    subprocess.run(["cargo", "fuzz", "build", "--sanitizer", "none"], cwd=FUZZ, check=True)
    about = subprocess.run(["rustc", "-vV"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    host = re.search(r"^host: (.*)$", about, re.M)[1]
    return FUZZ / "target" / host / "release"


def folders(target):
    """Where new inputs, the committed corpus and findings of a target are."""
    work, corpus, artifacts = (FUZZ / name / target for name in ("work", "corpus", "artifacts"))
    for folder in (work, artifacts):
        folder.mkdir(parents=True, exist_ok=True)
    return work, corpus, artifacts


def options(target):
    dictionary = FUZZ / "dictionaries" / f"{target}.dict"
    length = f"-max_len={LONGEST.get(target, 1024)}"
    return LIMITS + [length] + ([f"-dict={dictionary}"] if dictionary.exists() else [])


def run(binary, target, seconds):
    """Fuzzes one target: how many inputs were tried, and whether nothing was found."""
    work, corpus, artifacts = folders(target)
    command = [binary, work, corpus, *options(target), f"-max_total_time={seconds}", f"-artifact_prefix={artifacts}/"]
    start = time.monotonic()
    done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
    elapsed = time.monotonic() - start
    stat = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    executed = int(stat[1]) if stat else 0
    covered = re.findall(r"cov: (\d+)", done.stderr)
    good = done.returncode == 0
    verdict = "nothing found" if good else f"FOUND, exit code {done.returncode}"
    rate = executed / max(elapsed, 1)
    print(f"{target:<8} {executed:>10} inputs {rate:>8.0f}/s {elapsed:>6.0f} s {(covered or ['?'])[-1]:>7} edges  {verdict}", flush=True)
    if not good:
        print("\n".join(done.stderr.splitlines()[-60:]), file=sys.stderr, flush=True)
    return executed, good


def minimise(binary, target):
    """Makes the committed corpus anew: what covers most, within its limits."""
    work, corpus, _ = folders(target)
    with tempfile.TemporaryDirectory() as merged:
        command = [binary, "-merge=1", *options(target), merged, corpus, work]
        subprocess.run(command, stderr=subprocess.DEVNULL, check=True)
        # Each covers something that no smaller one does; of too many, some of every size are kept.
        found = sorted(pathlib.Path(merged).iterdir(), key=lambda path: path.stat().st_size)
        kept, total = [], 0
        step = max(1, len(found) / MOST_FILES)
        for number in range(min(MOST_FILES, len(found))):
            path = found[int(number * step)]
            total += path.stat().st_size
            if total > MOST_BYTES:
                break
            kept.append(path)
        shutil.rmtree(corpus, ignore_errors=True)
        corpus.mkdir(parents=True)
        for path in kept:
            shutil.copy(path, corpus / path.name)
    print(f"{target}: {len(kept)} of {len(found)} inputs are kept")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default: 60)")
    parser.add_argument("--input", help="run this one input and show what comes of it")
    parser.add_argument("--minimise", action="store_true", help="make the committed corpora anew")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(targets())} (default: all)")
    arguments = parser.parse_args()
    chosen = arguments.targets or targets()
    unknown = set(chosen) - set(targets())
    if unknown:
        parser.error(f"no such target: {', '.join(sorted(unknown))}")
    binaries = build()
    if arguments.input:
        return max(subprocess.run([binaries / target, arguments.input]).returncode for target in chosen)
    if arguments.minimise:
        for target in chosen:
            minimise(binaries / target, target)
        return 0
    results = [run(binaries / target, target, arguments.seconds) for target in chosen]
    # For the table of `make soak`.
    share = f"{len(chosen)} targets, {arguments.seconds} s each, {sum(executed for executed, _ in results)} inputs"
    found = [target for target, (_, good) in zip(chosen, results) if not good]
    print(f"row fuzz: {share}: {'found something in ' + ', '.join(found) if found else 'no finding'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
