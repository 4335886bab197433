#!/usr/bin/env bash
# Builds the pages as a book: target/docs/book/index.html. mdBook is installed into .tools/ at the first run.
#
# The chapters are pages of docs/src and of the rest of the repository (README.md, ARCHITECTURE.md, the guides of editors/).
# They are copied with the repository's own layout, so that a relative link works on the web site of the repository and in the
# book. `cargo test --test tidy links` checks the links.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
version=0.5.4
mdbook=$root/.tools/bin/mdbook
stage=$root/target/docs/src
cd "$root"

if [ "$("$mdbook" --version 2>/dev/null)" != "mdbook v$version" ]; then
    echo "docs: installing mdbook $version into .tools, some minutes, once" >&2
    cargo install mdbook --version "$version" --locked --no-default-features --features search --root .tools \
        --target-dir target/mdbook
fi

# The path of a link that stands in a page, below the repository's root; empty for one into the web or the same page.
resolve() {
    case $2 in *://* | mailto:* | '#'*) return ;; esac
    realpath -m --relative-to="$root" "$(dirname "$1")/${2%%#*}"
}
links() { grep -o '\](\([^)]*\))' "$1" | sed 's/^](//; s/)$//' || true; }
copy() {
    mkdir -p "$stage/$(dirname "$1")"
    cp -R "$1" "$stage/$1"
}

rm -rf "$stage"
mkdir -p "$stage"
# Links of the summary are those of docs/src; in the copy it stands in the root.
sed -E 's#\]\(#](docs/src/#; s#docs/src/\.\./\.\./##' docs/src/SUMMARY.md >"$stage/SUMMARY.md"
links "$stage/SUMMARY.md" | while read -r page; do
    copy "$page"
    links "$page" | while read -r link; do
        file=$(resolve "$page" "$link")
        # A picture or a source file that a chapter points to; a folder is no page, and a chapter is copied anyway.
        if [ -f "$file" ]; then copy "$file"; fi
    done
done
# mdBook calls the page of a folder index, in the chapters but not in the links to them.
find "$stage" -name '*.md' ! -name SUMMARY.md -exec sed -i -E 's#(\]\([^):]*)README\.md#\1index.md#g' {} +
"$mdbook" build docs
echo "docs: target/docs/book/index.html"
