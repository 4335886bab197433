#!/usr/bin/env python3
"""Print grammars/<lang>/stdlib.txt: the public names of a language's standard library, by module.

  scripts/stdlib.py python SOURCE... > grammars/python/stdlib.txt
  scripts/stdlib.py rust SOURCE...   > grammars/rust/stdlib.txt

Python's come from the running CPython itself: `__all__` of every public module, else what the module itself defines. Rust's
come from `all.html` of the standard library's documentation (rustup component add rust-docs). SOURCE are files or folders
of code in which imports are counted, to tell the usual of two modules with a name from the odd one; the tables in the
repository were counted over the corpus that `models/train` makes, which leaves out what we are evaluated with.

A line is: module, how often it was imported itself, then its names, each with `:count` when it was imported at all.
"""
import collections, importlib, pathlib, pkgutil, re, subprocess, sys, types, warnings

SKIP = re.compile(r"(^|\.)_|^(test|idlelib|turtledemo|lib2to3|antigravity|this|ensurepip|pydoc_data|distutils|__main__)\b"
                  r"|\.(test|tests|__main__)\b|^(ctypes|sqlite3|unittest|tkinter)\.(test|macholib|tests)")


def python_modules():
    for name in sorted(sys.stdlib_module_names):
        if SKIP.search(name):
            continue
        try:
            module = importlib.import_module(name)
        except Exception:
            continue
        yield name, module
        for inner in pkgutil.walk_packages(getattr(module, "__path__", None) or [], name + ".", onerror=lambda _: None):
            if SKIP.search(inner.name):
                continue
            try:
                yield inner.name, importlib.import_module(inner.name)
            except Exception:
                continue


def python():
    warnings.simplefilter("ignore")
    table = {}
    for name, module in python_modules():
        public = getattr(module, "__all__", None)
        if public is None:
            public = [
                key for key, value in vars(module).items()
                if not key.startswith("_") and not isinstance(value, types.ModuleType)
                and getattr(value, "__module__", name) in (name, "_" + name, None, "builtins")
            ]
        table[name] = sorted(set(key for key in public if key.isidentifier()))
    return table


def rust():
    root = subprocess.run(["rustc", "--print", "sysroot"], capture_output=True, text=True, check=True).stdout.strip()
    page = pathlib.Path(root, "share/doc/rust/html/std/all.html").read_text()
    table = collections.defaultdict(set)
    for kind, path in re.findall(r'<a href="[^"]*?(struct|enum|union|trait|fn|constant|static|type|macro|derive|attr|primitive)\.[^"]*">([^<]+)</a>', page):
        if kind in ("primitive", "attr", "derive") or kind == "macro" and "::" not in path:
            continue
        *module, name = ("std::" + path).split("::")
        if "arch" in module[1:2] or "simd" in module[1:2] or "intrinsics" in module[1:2]:
            continue
        for length in range(2, len(module) + 1):
            table["::".join(module[:length])]
        table["::".join(module)].add(name)
    return {name: sorted(names) for name, names in sorted(table.items())}


def python_imports(text):
    for module, names in re.findall(r"^[ \t]*from ([\w.]+) import (\([^)]*\)|[^\n(]*)", text, re.M):
        for name in re.findall(r"(\w+)(?: as \w+)?", re.sub(r"#[^\n]*", "", names)):
            yield module, name
    for modules in re.findall(r"^[ \t]*import ([\w., ]+)", text, re.M):
        for module in modules.split(","):
            if module.split():
                yield module.split()[0], None


def rust_imports(text):
    def tree(prefix, text):
        depth, start, parts = 0, 0, []
        for at, c in enumerate(text):
            depth += (c == "{") - (c == "}")
            if c == "," and depth == 0:
                parts.append(text[start:at])
                start = at + 1
        for part in parts + [text[start:]]:
            part = part.strip()
            if part.endswith("}") and "{" in part:
                head, rest = part.split("{", 1)
                yield from tree(prefix + head.strip(), rest[:-1])
            elif part:
                path = (prefix + part.split(" as ")[0]).removesuffix("::self")
                yield path.rpartition("::")[0], path.rpartition("::")[2]
                yield path, None
    for path in re.findall(r"\buse (?:::)?((?:std|core|alloc)::[^;]{1,2000});", text):
        for module, name in tree("", re.sub(r"//[^\n]*|\s+", " ", path)):
            yield re.sub(r"^(core|alloc)\b", "std", module), name


def texts(sources):
    for source in map(pathlib.Path, sources):
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file():
                with open(path, encoding="utf-8", errors="replace") as file:
                    while text := file.read(1 << 24):
                        yield text


def main():
    if len(sys.argv) < 3 or sys.argv[1] not in ("python", "rust"):
        sys.exit(__doc__)
    table, imports = {"python": (python, python_imports), "rust": (rust, rust_imports)}[sys.argv[1]]
    names, counts = table(), collections.Counter()
    for text in texts(sys.argv[2:]):
        counts.update(imports(text))
    print("# Made by scripts/stdlib.py; see there. Module, times it was imported, its names with the times they were.")
    for module, members in names.items():
        count = lambda name: f"{name}:{counts[module, name]}" if counts[module, name] else name
        print(" ".join([module, str(counts[module, None]), *map(count, members)]))


main()
