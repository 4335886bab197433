#!/usr/bin/env python3
"""Replay the same keystrokes against llama-server, driven as llama.vim does, and against treefill's engine process.

  benches/peer/peer.py --model M.gguf --server DIR/bin/llama-server FILE...     FILE: real source, best some hundred lines
  benches/peer/peer.py --model M.gguf --build DIR FILE...                       builds llama-server into DIR first

Both sides load the same GGUF with the same number of threads and are asked for the same places, one side after the other. Prints a
Markdown table: time to the first token, prompt tokens evaluated again, CPU-seconds, and ratios. With --bench it adds
cold prefill and decode against llama-bench. A GGUF of a real model's shape with random weights will do for timing:
  pip install gguf numpy && benches/peer/synth_gguf.py tests/vocab/ggml-vocab-qwen2.gguf f16.gguf && llama-quantize f16.gguf q8_0.gguf Q8_0
Run it on an idle machine.
"""
import argparse, json, os, pathlib, platform, random, re, statistics, subprocess, sys, time, urllib.error, urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BEFORE, AFTER = 256, 64  # llama.vim's n_prefix and n_suffix, lines
CLOSERS = {"(": ")", "[": "]", "{": "}", '"': '"', "'": "'"}


def cpu_seconds(*pids):
    """User and system time so far."""
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


class Peer:
    """llama-server, asked as llama.vim asks (its /infill request and defaults)."""

    name = "llama-server"

    def __init__(self, args):
        port = random.randint(20000, 40000)
        self.url = f"http://127.0.0.1:{port}"
        batch = str(min(1024, args.peer_context // 2))
        flags = ["-t", str(args.threads), "-c", str(args.peer_context), "-b", batch, "-ub", batch, "--cache-reuse", "256", "-np", "1"]
        command = [args.server, "-m", args.model, "--port", str(port), "--host", "127.0.0.1", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            try:
                urllib.request.urlopen(self.url + "/health")
                break
            except (urllib.error.URLError, ConnectionError):
                if self.process.poll() is not None:
                    sys.exit("llama-server ended at once; run it by hand to see why")
                time.sleep(0.1)
        self.pids = [self.process.pid]

    def ask(self, path, before, after, predict):
        above, _, line = before.rpartition("\n")
        rest, _, below = after.partition("\n")
        body = {
            "input_prefix": "\n".join(above.split("\n")[-BEFORE:]) + "\n" if above else "",
            "prompt": line,
            "input_suffix": rest + "\n" + "\n".join(below.split("\n")[:AFTER]) + "\n",
            "n_predict": predict, "top_k": 40, "top_p": 0.9, "samplers": ["top_k", "top_p", "infill"],
            "cache_prompt": True, "stream": True, "input_extra": [], "id_slot": 0,
        }
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + "/infill", data, {"Content-Type": "application/json"})
        start, first, text, timings = time.perf_counter(), None, "", {}
        for row in urllib.request.urlopen(request):
            if row.startswith(b"data: "):
                first = first or time.perf_counter()
                event = json.loads(row[6:])
                text += event.get("content", "")
                timings = event.get("timings", timings)
        return {"ms": (first - start) * 1e3, "evaluated": timings["prompt_n"], "text": text}

    def end(self):
        self.process.terminate()
        self.process.wait()


class Own:
    """treefill's context, prompt and engine process, through the bench program `replay.rs`."""

    name = "treefill"

    def __init__(self, args):
        build = ["cargo", "bench", "--bench", "peer", "--no-run", "--message-format=json"]
        output = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        found = [json.loads(row) for row in output.splitlines() if row.startswith("{")]
        program = next(row["executable"] for row in found if row.get("executable") and row["target"]["name"] == "peer")
        command = [program, args.model, args.treefill, str(args.threads), str(args.prompt_ms)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.info = json.loads(self.process.stdout.readline())
        self.pids = [self.process.pid, self.info["pid"]]

    def raw(self, ask):
        print(json.dumps(ask), file=self.process.stdin, flush=True)
        return json.loads(self.process.stdout.readline())

    def ask(self, path, before, after, predict):
        return self.raw({"path": path, "before": before, "after": after, "predict": predict})

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def places(text, rng, count):
    """Rows of lines worth typing, far from each other."""
    lines = text.split("\n")
    rows = [row for row in range(20, len(lines) - 5) if len(lines[row].strip()) > 20 and not lines[row].strip().startswith(("#", "//", '"'))]
    rng.shuffle(rows)
    return sorted(rows[:count])


def typing(line, auto_close):
    """(typed so far, what the editor has put right of the cursor) for each key from a third of the line on."""
    for end in range(max(1, len(line) // 3), len(line) + 1):
        typed, pending, quote = line[:end], [], None
        if auto_close:
            for char in typed:
                if quote:
                    quote = None if char == quote else quote
                    if not quote:
                        pending.pop()
                elif pending and char == pending[-1]:
                    pending.pop()
                elif char in CLOSERS:
                    pending.append(CLOSERS[char])
                    quote = char if char in "\"'" else None
        yield typed, "".join(reversed(pending))


def scenarios(path, text, rng, count):
    """(scenario, before, after, tokens to predict) in the order of a session; "accept" continues the answer before it."""
    lines = text.split("\n")
    for number, row in enumerate(places(text, rng, count)):
        above, line, below = "\n".join(lines[:row]) + "\n", lines[row], "\n".join(lines[row + 1 :])
        keys = list(typing(line, number % 2 == 1))
        for at, (typed, closers) in enumerate(keys):
            kind = "jump" if at == 0 else "typing, auto-closed" if number % 2 else "typing"
            yield kind, above + typed, closers + "\n" + below, 1
        typed = line[: max(len(line) - 5, 1)]
        yield "after deleting 5", above + typed, "\n" + below, 1
        yield "(ask)", above + typed, "\n" + below, 12
        yield "after accepting", above + typed, "\n" + below, 1
        edited = above.split("\n")
        edited[-min(len(edited), 8)] += "  # edited"
        yield "after an edit 7 lines above", "\n".join(edited) + typed, "\n" + below, 1


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def bench(args, own):
    """Cold prefill and decode of both, at the same lengths and threads."""
    rows = []
    text = "".join(pathlib.Path(path).read_text() for path in args.files)
    prefill, decode = [], []
    for run in range(args.runs):
        # A different first line makes it cold.
        answer = own.ask(f"cold{run}.txt", f"# run {run}\n" + text[run * 37 :][:60_000], "\n", 32)
        prefill.append(answer["evaluated"] / answer["prefill_ms"] * 1e3)
        decode.append(answer["generated"] / answer["decode_ms"] * 1e3)
        length = answer["evaluated"]
    # Or its work ahead would slow llama-bench down.
    own.end()
    bench = pathlib.Path(args.server).with_name("llama-bench")
    speeds = {}
    for name, extra in (("cold prefill", ["-p", str(length), "-n", "0"]), ("decode", ["-p", "0", "-n", "32", "-d", str(length)])):
        command = [bench, "-m", args.model, "-t", str(args.threads), *extra, "-r", str(args.runs), "-o", "json"]
        speeds[name] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)[-1]["avg_ts"]
    for name, ours in (("cold prefill", prefill), ("decode", decode)):
        ours = statistics.median(ours)
        rows.append(f"| {name}, {length} tokens, tokens/s | {speeds[name]:.0f} (llama-bench) | {ours:.0f} | {ours / speeds[name]:.2f} |")
    return rows


def cancels(args, text):
    """Cancel to idle, in the middle of a prompt of some 2 000 tokens."""
    own = Own(argparse.Namespace(**{**vars(args), "prompt_ms": 60_000}))
    times, lines = [], text.split("\n")
    for run in range(args.cancels):
        # Another beginning each time, so that nothing is in the cache; cut off somewhere in the middle.
        ask = {"path": "cancel.py", "before": f"# {run}\n" + "\n".join(lines[run % 50 :])[:9000], "after": "\n", "predict": 1}
        answer = own.raw({**ask, "cancel_after_ms": 30 + 37 * run % (args.cancel_span or 400)})
        if answer["interrupted"]:
            times.append(answer["ms"])
    own.end()
    print(f"\nCancel to the first tokens of the next job: {len(times)} of {args.cancels} in the middle of a prompt, "
          f"p50 {statistics.median(times):.0f} ms, p99 {percentile(times, 0.99):.0f} ms, worst {max(times):.0f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--model", required=True)
    parser.add_argument("--server", help="llama-server; default: the one in --build, else on the PATH")
    parser.add_argument("--build", metavar="DIR", help="build llama-server into DIR if it is not there")
    parser.add_argument("--treefill", default=str(ROOT / "target/release/treefill"))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--peer-context", type=int, default=8192, help="llama-server's -c; less for models of a small context")
    parser.add_argument("--prompt-ms", type=int, default=1500, help="treefill's setting model.max_prefill_ms")
    parser.add_argument("--places", type=int, default=4, help="lines typed per file")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds that a person looks around after a jump or a line")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bench", action="store_true", help="cold prefill and decode against llama-bench too")
    parser.add_argument("--cancels", type=int, default=0, metavar="N", help="cancel N prompts half way, too")
    parser.add_argument("--cancel-span", type=int, help="latest moment of a cancel, ms after the start")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    if args.build and not args.server:
        args.server = str(pathlib.Path(args.build) / "bin/llama-server")
        if not pathlib.Path(args.server).exists():
            subprocess.run([HERE / "build_server.sh", args.build], check=True)
    args.server = args.server or "llama-server"

    sides = [Peer(args), Own(args)]
    rows, cpu, asked = {}, [], 0
    # One side after the other: what treefill does while nobody waits must not slow the peer down.
    for at, side in enumerate(sides):
        rng, start, last = random.Random(args.seed), cpu_seconds(*side.pids), ""
        for path in args.files:
            for kind, before, after, predict in scenarios(path, pathlib.Path(path).read_text(), rng, args.places):
                if kind in ("jump", "(ask)"):
                    # A person looks around; work ahead happens now, and counts.
                    time.sleep(args.pause)
                answer = side.ask(path, before + (last if kind == "after accepting" else ""), after, predict)
                last = answer["text"]
                rows.setdefault(kind, ([], []))[at].append(answer)
                asked += 1
                if sys.stderr.isatty():
                    print(f"\r{asked} places asked", end="", file=sys.stderr, flush=True)
        cpu.append(cpu_seconds(*side.pids) - start)

    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    print(f"{platform.machine()}, {model.group(1) if model else '?'}, {args.threads} threads, {pathlib.Path(args.model).name}")
    print(f"treefill's build: {sides[1].info['backend']}; context {sides[1].info['context']}, prompt_ms {args.prompt_ms}")
    print("\n| after | asked | llama-server, ms p50 / p95 | treefill, ms p50 / p95 | ratio p50 / p95 | evaluated again p50 / p95: peer | treefill |")
    print("|---|---|---|---|---|---|---|")
    rows["typing, all"] = tuple(rows.get("typing", ([], []))[at] + rows.get("typing, auto-closed", ([], []))[at] for at in (0, 1))
    for kind in sorted(kind for kind, (peer, _) in rows.items() if peer and not kind.startswith("(")):
        peer, own = rows[kind]
        ms = [[statistics.median([row["ms"] for row in side]), percentile([row["ms"] for row in side], 0.95)] for side in (peer, own)]
        again = [[statistics.median([row["evaluated"] for row in side]), percentile([row["evaluated"] for row in side], 0.95)] for side in (peer, own)]
        print(
            f"| {kind} | {len(own)} | {ms[0][0]:.0f} / {ms[0][1]:.0f} | {ms[1][0]:.0f} / {ms[1][1]:.0f} "
            f"| 1/{ms[0][0] / ms[1][0]:.1f} / 1/{ms[0][1] / ms[1][1]:.1f} | {again[0][0]:.0f} / {again[0][1]:.0f} | {again[1][0]:.0f} / {again[1][1]:.0f} |"
        )
    if asked:
        print(f"\nCPU-seconds over the replay: llama-server {cpu[0]:.1f}, treefill {cpu[1]:.1f}, ratio {cpu[1] / cpu[0]:.2f}")
    if args.bench:
        print("\n| speed | peer | treefill | ratio |\n|---|---|---|---|")
        print("\n".join(bench(args, sides[1])))
    sides[0].end()
    if not args.bench:
        sides[1].end()
    if args.cancels:
        cancels(args, "".join(pathlib.Path(path).read_text() for path in args.files))


if __name__ == "__main__":
    main()
