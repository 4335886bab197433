#!/usr/bin/env bash
# Runs every stage of the training recipe on a tiny override, its unit tests, and a completion by treefill with the model that
# comes out: smoke.sh TREEFILL [FOLDER]. The folder (default: .tools/train) keeps the Python packages, 6 GB, mostly PyTorch's.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
server=$(realpath "$1")
folder=${2:-$here/../../.tools/train}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
if ! "$folder/venv/bin/python" -c 'import torch, tokenizers, gguf, tree_sitter_rust, pytest' 2>/dev/null; then
    echo "smoke: fetching PyTorch and the rest from PyPI into $folder: some minutes" >&2
    python3 -m venv "$folder/venv"
    # Dependencies only: the stages run from the source tree.
    python3 - "$here/pyproject.toml" >"$folder/requirements.txt" <<'EOF'
import sys, tomllib
project = tomllib.load(open(sys.argv[1], "rb"))["project"]
print("\n".join([*project["dependencies"], *(one for one in project["optional-dependencies"]["dev"] if "pytest" in one)]))
EOF
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$folder/requirements.txt"
fi
python=$folder/venv/bin/python
cd "$here"
"$python" -B -m pytest -q -p no:cacheprovider
"$python" -B -m treefill_train all --smoke --work "$folder/work"
# What it says is noise; that it loads and is asked in the right words is what is shown here.
"$server" complete --model "$folder/work/treefill-smoke-q8_0.gguf" --json "$here/treefill_train/progress.py:8:5" |
    "$python" -c 'import json, sys; print("smoke: treefill answers:", json.load(sys.stdin))'
