"""Reads source files out of wheels, crates and the standard library, without unpacking anything."""

from __future__ import annotations

import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

from treefill_train.corpus import licences


@dataclass(frozen=True)
class Package:
    """One archive: where it came from and under which licence its metadata puts it."""

    language: str
    name: str
    version: str
    licence: str
    permissive: bool


Files = Iterator[tuple[str, bytes]]


def wheel(path: Path) -> tuple[Package, Files]:
    """Package and (path, bytes) of every `.py` file of a wheel."""
    archive = zipfile.ZipFile(path)
    info = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA") and n.count("/") == 1)
    metadata = message_from_bytes(archive.read(info))
    text, permissive = licences.of_wheel(metadata)
    package = Package("python", metadata["Name"], metadata["Version"], text, permissive)
    return package, ((n, archive.read(n)) for n in sorted(archive.namelist()) if n.endswith(".py"))


def crate(path: Path) -> tuple[Package, Files]:
    """Package and (path, bytes) of every `.rs` file of a `.crate`; the licence is Cargo.toml's."""
    name, _, version = path.name.removesuffix(".crate").rpartition("-")
    files: list[tuple[str, bytes]] = []
    manifest: dict[str, object] = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            inner = member.name.partition("/")[2]
            if not member.isfile() or member.size > 1_000_000:
                continue
            if inner == "Cargo.toml" and (data := archive.extractfile(member)):
                manifest = tomllib.loads(data.read().decode("utf-8", "replace"))
            elif inner.endswith(".rs") and (data := archive.extractfile(member)):
                files.append((inner, data.read()))
    table = manifest.get("package", {})
    fields = table if isinstance(table, dict) else {}
    name, version = fields.get("name", name), fields.get("version", version)
    text = fields.get("license", "")
    permissive = isinstance(text, str) and licences.spdx_permissive(text)
    return Package("rust", name, version, str(text or "unknown"), permissive), iter(sorted(files))


def standard_library() -> tuple[Package, Files]:
    """The running interpreter's library, without what is installed into it."""
    root = Path(sysconfig.get_paths()["stdlib"])
    version = ".".join(map(str, sys.version_info[:3]))
    skipped = ("site-packages", "idlelib", "lib2to3", "dist-packages")
    paths = (p for p in sorted(root.rglob("*.py")) if not any(part in skipped for part in p.relative_to(root).parts))
    package = Package("python", "python-stdlib", version, "PSF-2.0", True)
    return package, ((str(p.relative_to(root)), p.read_bytes()) for p in paths)
