#!/bin/sh
# Completes at eight real places in real files: the rest of the line is left out, as if it were being typed, and what
# stood there is shown beside the suggestion. Usage: demo/run.sh path/to/treefill
set -eu
cd "$(dirname "$0")/.."
"$1" complete --cut \
    demo/shelf.py:32:16 \
    demo/shelf.py:55:27 \
    demo/shelf.py:67:20 \
    demo/shelf.py:108:13 \
    demo/tally.rs:39:30 \
    demo/tally.rs:59:20 \
    demo/tally.rs:82:20 \
    demo/tally.rs:90:14
echo "Suggestions stand in colour, or in ⟦brackets⟧ where there is none. Try your own file: $1 complete FILE:LINE:COLUMN"
