#!/usr/bin/env bash
# Builds llama-server, llama-bench and llama-quantize, which the comparison runs against, from the llama.cpp tree that the
# source package of llama-cpp-python ships. About 8 minutes on 2 cores. Usage: build_server.sh DIR -> DIR/bin/llama-server
# Needs: cmake, ninja, a C++ compiler, python3 with venv. AMX is off, as in treefill's own build: gcc 12 miscompiles it.
set -euo pipefail
dir=$(realpath -m "${1:?usage: build_server.sh DIR}")
mkdir -p "$dir"
cd "$dir"
python3 -m venv py
py/bin/pip -q install scikit-build-core
py/bin/pip -q download --no-deps --no-binary :all: --no-build-isolation llama-cpp-python==0.3.36 -d sdist
mkdir -p src
tar xf sdist/*.tar.gz -C src --strip-components=1
noamx="-mno-amx-tile -mno-amx-int8 -mno-amx-bf16"
case "$(uname -m)" in x86_64) ;; *) noamx="" ;; esac
cmake -S src/vendor/llama.cpp -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF \
    -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF \
    -DCMAKE_C_FLAGS="$noamx" -DCMAKE_CXX_FLAGS="$noamx"
cmake --build build --target llama-server llama-bench llama-quantize -j"$(nproc)"
ln -sfn build/bin bin
echo "built: $dir/bin/llama-server"
