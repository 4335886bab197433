#!/usr/bin/env bash
# Puts LiteLLM's proxy into a folder of its own: $TREEFILL_SERVERS/litellm, else .tools/servers/litellm. Prints the program on
# stdout, everything else on stderr. Safe to run again. About 200 MB and a minute the first time.
# Newer ones ask for packages that are not in PyPI.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dir=${TREEFILL_SERVERS:-$root/.tools/servers}/litellm
version=1.103.10

say() { echo "litellm: $*" >&2; }

if ! [ -e "$dir/whole" ]; then
    command -v python3 >/dev/null || { say "python3 (3.10 or newer, with venv) is needed"; exit 1; }
    say "installing litellm $version into $dir"
    rm -rf "$dir"
    python3 -m venv "$dir"
    "$dir/bin/pip" install -q --disable-pip-version-check --no-compile "litellm[proxy]==$version" >&2
    touch "$dir/whole"
fi
echo "$dir/bin/litellm"
