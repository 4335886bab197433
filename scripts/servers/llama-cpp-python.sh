#!/usr/bin/env bash
# Puts llama-cpp-python's server into a folder of its own: $TREEFILL_SERVERS/llama-cpp-python, else .tools/servers/llama-cpp-python.
# Prints its Python on stdout, everything else on stderr. Safe to run again. It compiles llama.cpp: 8 minutes on 2 cores the first time.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dir=${TREEFILL_SERVERS:-$root/.tools/servers}/llama-cpp-python
version=0.3.36

say() { echo "llama-cpp-python: $*" >&2; }

if ! [ -e "$dir/whole" ]; then
    command -v python3 >/dev/null || { say "python3 (3.9 or newer, with venv) is needed"; exit 1; }
    say "compiling llama-cpp-python $version into $dir"
    rm -rf "$dir"
    python3 -m venv "$dir"
    "$dir/bin/pip" install -q --disable-pip-version-check --no-compile "llama-cpp-python[server]==$version" >&2
    touch "$dir/whole"
fi
echo "$dir/bin/python"
