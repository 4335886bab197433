#!/usr/bin/env bash
# Puts llama-cpp-python's server into a folder of its own: $TREEFILL_SERVERS/llama-cpp-python, else .tools/servers/llama-cpp-python.
# Prints its Python on stdout, everything else on stderr. Safe to run again. It compiles llama.cpp: 8 minutes on 2 cores the first time.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dir=${TREEFILL_SERVERS:-$root/.tools/servers}/llama-cpp-python
version=0.3.36

say() { echo "llama-cpp-python: $*" >&2; }
. "$root/scripts/servers/venv.sh"

venv_with "$dir" "llama-cpp-python[server]==$version" compiling
echo "$dir/bin/python"
