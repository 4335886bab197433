#!/usr/bin/env bash
# Prepares a folder in which the tests put treefill into its states: stage.sh TREEFILL NVIM FOLDER
# FOLDER/bin/treefill is the program. While the file FOLDER/hold is there, an engine that is started waits before it begins: the editor
# sees one that is on its way. FOLDER/run is the folder of its sockets, and a scripted model server runs (model_server.lua); its process
# number is printed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
server=$(realpath "$1")
nvim=$2
folder=$3
mkdir -p "$folder/bin/treefill-engines"
mkdir -m 700 "$folder/run"
ln "$server" "$folder/bin/treefill" 2>/dev/null || cp "$server" "$folder/bin/treefill"
# The program starts what lies here in the place of itself: as a release does where there is a better CPU.
held=$folder/bin/treefill-engines/treefill-held
printf '#!/bin/sh\n[ "$1" = --version ] || while [ -e "%s/hold" ]; do sleep 0.05; done\nexec "%s/bin/treefill" "$@"\n' "$folder" "$folder" >"$held"
chmod +x "$held"
"$nvim" --clean -l "$here/model_server.lua" "$folder" >"$folder/model_server.log" 2>&1 </dev/null &
echo $!
