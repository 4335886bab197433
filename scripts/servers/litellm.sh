#!/usr/bin/env bash
# Puts LiteLLM's proxy into a folder of its own: $TREEFILL_SERVERS/litellm, else .tools/servers/litellm. Prints the program on
# stdout, everything else on stderr. Safe to run again. About 200 MB and a minute the first time.
# Newer ones ask for packages that are not in PyPI.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
dir=${TREEFILL_SERVERS:-$root/.tools/servers}/litellm
version=1.103.10

say() { echo "litellm: $*" >&2; }
. "$root/scripts/servers/venv.sh"

venv_with "$dir" "litellm[proxy]==$version" installing
echo "$dir/bin/litellm"
