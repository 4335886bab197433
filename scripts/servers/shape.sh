#!/usr/bin/env bash
# Makes a model of the shape of Qwen2.5-Coder-0.5B with random weights, Q8_0, to time servers with: $TREEFILL_SERVERS/shape.gguf, else
# .tools/servers/shape.gguf. Prints its path on stdout, everything else on stderr. Safe to run again. 1.6 GB and a minute the first time;
# 0.5 GB stay. It needs what llama-server.sh has fetched.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prefix=${TREEFILL_SERVERS:-$root/.tools/servers}
model=$prefix/shape.gguf

say() { echo "shape: $*" >&2; }

if ! [ -e "$model" ]; then
    quantize=$(dirname "$("$root/scripts/servers/llama-server.sh")")/llama-quantize
    say "making $model"
    python3 -m venv "$prefix/shape"
    "$prefix/shape/bin/pip" install -q --disable-pip-version-check gguf numpy >&2
    "$prefix/shape/bin/python" "$root/benches/peer/synth_gguf.py" "$root/tests/vocab/ggml-vocab-qwen2.gguf" "$prefix/shape-f16.gguf" >&2
    "$quantize" "$prefix/shape-f16.gguf" "$model.part" Q8_0 >&2
    mv "$model.part" "$model"
    rm -rf "$prefix/shape-f16.gguf" "$prefix/shape"
fi
echo "$model"
