#!/usr/bin/env bash
# Runs tests/servers against real servers with the model inside the program: llama-server, vLLM, LiteLLM in front of vLLM, and
# llama-cpp-python; and llama-server with a model of the shape of Qwen2.5-Coder-0.5B, beside llama.vim.
#   scripts/test-servers.sh [FILTER…]     fetches them first, into $TREEFILL_SERVERS (.tools/servers), 7 GB and 25 minutes once
#   SERVERS="llama-server" scripts/test-servers.sh …     only some of them; the tests of the others fail and say so
# The tests print what they measure. Each server gets a free port of this machine and ends with this script.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export TREEFILL_SERVERS=${TREEFILL_SERVERS:-$root/.tools/servers}
wanted=${SERVERS:-llama-server llama-cpp-python vllm litellm shape}
model=$root/models/default/model.gguf
logs=$TREEFILL_SERVERS/logs
started=()

say() { echo "test-servers: $*" >&2; }
cleanup() { for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done; }
trap cleanup EXIT
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# until_up NAME URL SECONDS: of the server that was started last
until_up() {
    local pid=$! begun=$SECONDS
    while [ $((SECONDS - begun)) -lt "$3" ]; do
        if curl -sf -o /dev/null -m 2 "$2"; then return; fi
        if ! kill -0 "$pid" 2>/dev/null; then
            say "$1 has ended; its last words:"
            tail -20 "$logs/$1.log" >&2
            exit 1
        fi
        sleep 1
    done
    say "$1 does not answer within $3 s; its last words:"
    tail -20 "$logs/$1.log" >&2
    exit 1
}

mkdir -p "$logs"
for server in $wanted; do
    case $server in
    llama-server)
        program=$("$root/scripts/servers/llama-server.sh")
        at=$(port)
        # Its prompts end where the model's training did: 1024 tokens a slot.
        "$program" -m "$model" --host 127.0.0.1 --port "$at" -c 4096 -np 4 -t 1 --metrics >"$logs/llama-server.log" 2>&1 &
        started+=($!)
        until_up llama-server "http://127.0.0.1:$at/health" 60
        export TREEFILL_TEST_LLAMA_SERVER=http://127.0.0.1:$at
        ;;
    llama-cpp-python)
        python=$("$root/scripts/servers/llama-cpp-python.sh")
        at=$(port)
        "$python" -m llama_cpp.server --model "$model" --host 127.0.0.1 --port "$at" --n_ctx 1024 --n_threads 1 \
            >"$logs/llama-cpp-python.log" 2>&1 &
        started+=($!)
        until_up llama-cpp-python "http://127.0.0.1:$at/v1/models" 600
        export TREEFILL_TEST_LLAMA_CPP_PYTHON=http://127.0.0.1:$at
        ;;
    vllm)
        { read -r program; read -r hub; } < <("$root/scripts/servers/vllm.sh")
        at=$(port)
        VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1 HF_HUB_OFFLINE=1 VLLM_CPU_KVCACHE_SPACE=1 \
            "$program" serve "$hub" --served-model-name treefill --host 127.0.0.1 --port "$at" --dtype float32 \
            --max-model-len 1024 --enforce-eager --enable-prompt-tokens-details --block-size 32 --max-num-seqs 32 >"$logs/vllm.log" 2>&1 &
        started+=($!)
        # Python compiles all of it when it is started for the first time: 6 minutes on 2 cores with other work.
        until_up vllm "http://127.0.0.1:$at/health" 1200
        export TREEFILL_TEST_VLLM=http://127.0.0.1:$at
        ;;
    litellm)
        [ -n "${TREEFILL_TEST_VLLM:-}" ] || { say "litellm stands in front of vllm; SERVERS has to name vllm before it"; exit 1; }
        program=$("$root/scripts/servers/litellm.sh")
        at=$(port)
        cat >"$TREEFILL_SERVERS/litellm.yaml" <<Y
model_list:
  - model_name: treefill
    litellm_params:
      model: text-completion-openai/treefill
      api_base: $TREEFILL_TEST_VLLM/v1
      api_key: none
general_settings:
  master_key: sk-test
Y
        LITELLM_LOCAL_MODEL_COST_MAP=True "$program" --config "$TREEFILL_SERVERS/litellm.yaml" --host 127.0.0.1 --port "$at" \
            --telemetry False >"$logs/litellm.log" 2>&1 &
        started+=($!)
        until_up litellm "http://127.0.0.1:$at/health/liveliness" 600
        export TREEFILL_TEST_LITELLM=http://127.0.0.1:$at
        ;;
    shape)
        program=$("$root/scripts/servers/llama-server.sh")
        shape=$("$root/scripts/servers/shape.sh")
        at=$(port)
        # As llama.vim's page wants it; one slot, so that both have the same.
        "$program" -m "$shape" --host 127.0.0.1 --port "$at" -t 2 -c 8192 -b 1024 -ub 1024 --cache-reuse 256 -np 1 --metrics \
            >"$logs/shape.log" 2>&1 &
        started+=($!)
        until_up shape "http://127.0.0.1:$at/health" 300
        export TREEFILL_TEST_SHAPE=http://127.0.0.1:$at
        ;;
    *)
        say "no script for $server; there are llama-server, llama-cpp-python, vllm, litellm and shape"
        exit 1
        ;;
    esac
    say "$server is up"
done
cd "$root"
${CARGO:-cargo} test --release ${CARGO_FLAGS:-} --test servers -- --nocapture --test-threads=1 "$@"
