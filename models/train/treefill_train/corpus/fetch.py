"""Fetches archives by pinned version through pip and cargo; nothing is installed and no package code runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from treefill_train.progress import say


def read_list(path: Path) -> list[tuple[str, str]]:
    """(name, version) per `name==version` line; `#` starts a comment."""
    pairs = []
    for line in path.read_text().splitlines():
        if text := line.split("#")[0].strip():
            name, _, version = text.partition("==")
            pairs.append((name, version))
    return pairs


def _pip(name: str, version: str, folder: Path) -> str | None:
    done = folder / f".{name}-{version}.done"
    if done.exists():
        return None
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--only-binary=:all:",
        "-d",
        str(folder),
        f"{name}=={version}",
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        return f"{name}=={version}: {result.stderr.strip().splitlines()[-1] if result.stderr.strip() else 'pip failed'}"
    done.touch()
    return None


def python(pairs: list[tuple[str, str]], folder: Path, jobs: int) -> None:
    """Download one wheel per pair into `folder`; wheels only, so that no set-up script runs."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(jobs) as pool:
        for index, error in enumerate(pool.map(lambda pair: _pip(pair[0], pair[1], folder), pairs), 1):
            if error:
                say(f"fetch python {index}/{len(pairs)}: skipped {error}")
            elif index % 20 == 0 or index == len(pairs):
                say(f"fetch python {index}/{len(pairs)}")


def _cargo(name: str, version: str, folder: Path, alone: bool) -> str | None:
    project = folder / "roots" / f"{name}-{version}"
    done = project / ".done"
    if done.exists():
        return None
    (project / "src").mkdir(parents=True, exist_ok=True)
    (project / "src/lib.rs").touch()
    features = '{ version = "=%s", default-features = false }' if alone else '"=%s"'
    (project / "Cargo.toml").write_text(
        f'[package]\nname = "root"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n"{name}" = {features % version}\n'
        "[workspace]\n"
    )
    env = os.environ | {"CARGO_HOME": str(folder / "cargo-home")}
    result = subprocess.run(["cargo", "fetch", "-q"], cwd=project, env=env, capture_output=True, text=True, check=False)
    if result.returncode:
        return f"{name} {version}: {result.stderr.strip().splitlines()[0] if result.stderr.strip() else 'cargo failed'}"
    done.touch()
    return None


def rust(pairs: list[tuple[str, str]], folder: Path, alone: bool = False) -> None:
    """Download the dependency tree of each crate; `alone` asks for as little of the tree as cargo allows.

    One project per root, because one resolution of them all backtracks for minutes. The archives of all of them
    lie in one registry cache; the unpacked copies beside it are removed.
    """
    if shutil.which("cargo") is None:
        raise SystemExit("corpus: cargo is not on PATH; install Rust (https://rustup.rs) and run the stage again")
    folder.mkdir(parents=True, exist_ok=True)
    for index, (name, version) in enumerate(pairs, 1):
        error = _cargo(name, version, folder, alone)
        if error:
            say(f"fetch rust {index}/{len(pairs)}: skipped {error}")
        elif index % 10 == 0 or index == len(pairs):
            say(f"fetch rust {index}/{len(pairs)}")
    for unpacked in (folder / "cargo-home/registry").glob("src"):
        shutil.rmtree(unpacked, ignore_errors=True)


def crates(folder: Path) -> list[Path]:
    """All `.crate` archives fetched into `folder`, sorted."""
    return sorted((folder / "cargo-home/registry/cache").glob("*/*.crate"))
