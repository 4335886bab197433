"""Builds `python.bin`, `rust.bin`, their file indexes and `manifest.jsonl` from the lists (stage `corpus`)."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from treefill_train.config import ROOT, Config, CorpusConfig
from treefill_train.corpus import archives, dedup, fetch
from treefill_train.corpus.clean import clean
from treefill_train.corpus.holdout import Holdout, normal
from treefill_train.corpus.holdout import read as read_holdout
from treefill_train.progress import say

SKIPPED = {
    "windows",
    "windows_sys",
    "winapi",
    "web_sys",
    "js_sys",
    "ndk_sys",
    "objc2_app_kit",
    "objc2_foundation",
    "libc",
    "linux_raw_sys",
    "unicode_segmentation",
    "encoding_rs",
    "wayland_protocols",
    "ccxt",
    "botocore",
}
"""Machine-written bindings and tables that carry no marker."""
VERSION_PREFIXES = ("windows_", "objc2_", "aws_sdk_", "google_apis", "azure_mgmt_", "stm32", "icu_")


@dataclass
class Kept:
    """One archive after the per-file filters: (path, text, digest, signature) rows and what was dropped."""

    package: archives.Package
    sha256: str
    files: list[tuple[str, str, bytes, NDArray[np.uint32]]] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Task:
    """What a worker process needs to read one archive; `path` None is the standard library."""

    language: str
    path: Path | None
    config: CorpusConfig
    holdout: Holdout
    reference: bool


def _is_test(path: str) -> bool:
    parts = path.lower().split("/")
    return any(p in ("test", "tests", "testing", "benches") for p in parts[:-1]) or parts[-1].startswith("test_")


def _share(text: str) -> float:
    """A stable number in [0, 1) for a string."""
    return int(hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()[:8], 16) / 2**32


def read_archive(task: Task) -> Kept:
    """Filter one archive. A `reference` task keeps held-out code, to find its copies elsewhere."""
    if task.path is None:
        package, files = archives.standard_library()
        sha = "-"
    else:
        package, files = (archives.wheel if task.language == "python" else archives.crate)(task.path)
        sha = hashlib.sha256(task.path.read_bytes()).hexdigest()
    kept = Kept(package, sha)
    held = task.holdout.package(task.language, package.name)
    plain = normal(package.name)
    refusal = (
        ""
        if task.reference
        else "held out"
        if held
        else "licence"
        if not package.permissive
        else "bindings"
        if plain in SKIPPED or plain.startswith(VERSION_PREFIXES)
        else ""
    )
    if refusal or (task.reference and not held):
        kept.dropped[f"package: {refusal or 'not held out'}"] += 1
        return kept
    total = 0
    rows = list(files)
    random.Random(plain).shuffle(rows)
    for path, raw in rows:
        reason = ""
        if not task.reference and task.holdout.path(task.language, path):
            reason = "held-out path"
        elif not task.reference and _is_test(path) and _share(path) >= task.config.keep_tests:
            reason = "test"
        elif total >= task.config.max_package:
            reason = "package cap"
        text, why = (None, reason) if reason else clean(raw, task.config)
        if text is None:
            kept.dropped[why] += 1
            continue
        total += len(text.encode())
        squeezed = dedup.squeeze(text)
        kept.files.append((path, text, dedup.digest(squeezed), dedup.signature(squeezed)))
    return kept


def _safely(task: Task) -> Kept | str:
    try:
        return read_archive(task)
    except Exception as error:  # one damaged archive must not end an hour of work
        return f"{task.path}: {error!r}"


def _tasks(config: CorpusConfig, holdout: Holdout, downloads: Path) -> tuple[list[Task], dict[str, list[Task]]]:
    """Held-out archives to compare with, and training archives per language in a fixed random order."""
    reference = [Task("python", p, config, holdout, True) for p in sorted((downloads / "heldout-python").glob("*.whl"))]
    reference += [Task("rust", p, config, holdout, True) for p in fetch.crates(downloads / "heldout-rust")]
    found: dict[str, list[Path | None]] = {
        "python": list(sorted((downloads / "python").glob("*.whl"))),
        "rust": list(fetch.crates(downloads / "rust")),
    }
    for paths in found.values():
        random.Random(0).shuffle(paths)
    found["python"].insert(0, None)
    return reference, {k: [Task(k, p, config, holdout, False) for p in paths] for k, paths in found.items()}


def fetch_heldout(config: CorpusConfig, downloads: Path) -> None:
    """Fetch the packages of the held-out list: for the copies check here, and for `evaluate`."""
    pairs = fetch.read_list(ROOT / config.heldout_list)
    names: dict[str, list[tuple[str, str]]] = {"python": [], "rust": []}
    for line, version in pairs:
        language, name = line.split()
        names[language].append((name, version))
    fetch.python(names["python"], downloads / "heldout-python", config.fetch_jobs)
    fetch.rust(names["rust"], downloads / "heldout-rust", alone=True)


class Writer:
    """Appends texts to `LANGUAGE.bin` and one line per file to `LANGUAGE.jsonl`."""

    def __init__(self, folder: Path, language: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.data = (folder / f"{language}.bin.part").open("wb")
        self.index = (folder / f"{language}.jsonl.part").open("w")
        self.offset = 0

    def add(self, package: str, path: str, text: str) -> int:
        """Bytes written."""
        raw = text.encode()
        row = {"package": package, "path": path, "offset": self.offset, "length": len(raw)}
        self.data.write(raw)
        self.index.write(json.dumps(row) + "\n")
        self.offset += len(raw)
        return len(raw)

    def close(self) -> None:
        """Give the finished files their names: a killed run leaves only `.part` files."""
        for handle in (self.data, self.index):
            handle.close()
            Path(handle.name).rename(handle.name.removesuffix(".part"))


def _deduplicate(kept: Kept, seen: dedup.Seen) -> Iterator[tuple[str, str]]:
    for path, text, digest, minima in kept.files:
        if why := seen.add(digest, minima):
            kept.dropped[why] += 1
        else:
            yield path, text


def _add(kept: Kept, writer: Writer, seen: dedup.Seen) -> dict[str, object] | None:
    """Write the new files of one archive; its row of the manifest, or None if nothing was new."""
    package = kept.package
    sizes = [writer.add(package.name, path, text) for path, text in _deduplicate(kept, seen)]
    if not sizes:
        return None
    return {
        "language": package.language,
        "package": package.name,
        "version": package.version,
        "licence": package.licence,
        "files": len(sizes),
        "bytes": sum(sizes),
        "sha256": kept.sha256,
    }


def _language(tasks: list[Task], out: Path, seen: dedup.Seen) -> tuple[list[dict[str, object]], Counter[str]]:
    """Read the archives of one language until there is enough text: manifest rows, and what was dropped why."""
    language, config = tasks[0].language, tasks[0].config
    writer, rows, dropped = Writer(out, language), [], Counter[str]()
    with multiprocessing.Pool(config.workers) as pool:
        for index, result in enumerate(pool.imap(_safely, tasks), 1):
            if isinstance(result, str):
                say(f"corpus: skipped {result}")
                continue
            if row := _add(result, writer, seen):
                rows.append(row)
            dropped += result.dropped
            enough = writer.offset >= config.max_language
            if index % 50 == 0 or index == len(tasks) or enough:
                say(f"corpus: {language}, {index} of {len(tasks)} archives, {writer.offset / 1e6:.0f} MB")
            if enough:
                break
    writer.close()
    return rows, dropped


def run(config: Config, work: Path) -> None:
    """The whole stage. Downloads are kept and skipped next time; a language that is finished is kept too."""
    downloads, out = work / "downloads", work / "corpus"
    fetch_heldout(config.corpus, downloads)
    fetch.python(fetch.read_list(ROOT / config.corpus.python_list), downloads / "python", config.corpus.fetch_jobs)
    fetch.rust(fetch.read_list(ROOT / config.corpus.rust_list), downloads / "rust")
    reference, train = _tasks(config.corpus, read_holdout(ROOT / "holdout.txt"), downloads)
    seen = {"python": dedup.Seen(), "rust": dedup.Seen()}
    with multiprocessing.Pool(config.corpus.workers) as pool:
        for result in pool.imap(_safely, reference):
            if isinstance(result, str):
                raise SystemExit(f"corpus: cannot read held-out {result}")
            list(_deduplicate(result, seen[result.package.language]))
    say(f"corpus: {sum(len(s.signatures) for s in seen.values())} held-out files known")
    for language, tasks in train.items():
        part = out / f"manifest-{language}.jsonl"
        if part.exists():
            say(f"corpus: {language} is there; remove {part} to build it again")
            continue
        rows, dropped = _language(tasks, out, seen[language])
        (out / f"dropped-{language}.json").write_text(json.dumps(dropped, indent=1))
        part.write_text("".join(json.dumps(row) + "\n" for row in rows))
    parts = [out / f"manifest-{language}.jsonl" for language in train]
    (out / "manifest.jsonl").write_text("".join(part.read_text() for part in parts))
