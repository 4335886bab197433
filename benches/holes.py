#!/usr/bin/env python3
"""Ask a running `treefill serve` for the deleted remainders of real lines and check every answer with another parser.

  benches/holes.py --from DIR --language python [--holes 200] [--broken] [--seed 1] [--server target/release/treefill]

DIR is any source tree, best one the model was not trained on. The script speaks plain LSP over stdio (utf-16, the
default encoding) and needs nothing but Python; Python answers are judged by `ast`, Rust answers by rustfmt.
Prints the share of cursors with a suggestion, the answers that made a file worse (must be 0), exact matches, start-up
times and latency percentiles. `--broken` damages a token elsewhere in each file first. Exit code 1 if any answer made
a file worse. `--show N` prints N suggestions.
"""
import argparse, ast, json, os, pathlib, random, re, statistics, subprocess, sys, tempfile, time, warnings

warnings.simplefilter("ignore")


class Client:
    """A minimal LSP client; answers the server's requests with null."""

    def __init__(self, command):
        # What a benchmark asks for is no statistic of the user's.
        os.environ.setdefault("XDG_STATE_HOME", tempfile.mkdtemp())
        self.started = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.next_id = 0

    def send(self, message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def receive(self):
        length = 0
        while (line := self.process.stdout.readline()) != b"\r\n":
            if not line:
                sys.exit("the server closed its output")
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(self.process.stdout.read(length))

    def request(self, method, params):
        self.next_id += 1
        self.send({"id": self.next_id, "method": method, "params": params})
        while True:
            message = self.receive()
            if message.get("id") == self.next_id and "method" not in message:
                if "error" in message:
                    sys.exit(f"{method}: {message['error']}")
                return message["result"]
            if "id" in message and "method" in message:
                self.send({"id": message["id"], "result": None})

    def notify(self, method, params):
        self.send({"method": method, "params": params})

    def initialize(self):
        capabilities = {"textDocument": {"inlineCompletion": {}}}
        self.request("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities})
        self.notify("initialized", {})

    def suggestion(self, uri, position):
        """The first item of an inline completion, or None."""
        context = {"triggerKind": 2}
        params = {"textDocument": {"uri": uri}, "position": position, "context": context}
        items = self.request("textDocument/inlineCompletion", params)["items"]
        return items[0] if items else None

    def end(self):
        """Shut down; the exit code."""
        self.request("shutdown", None)
        self.notify("exit", None)
        return self.process.wait(5)


def faults(language, text):
    """Number of syntax errors as a parser other than treefill's counts them (Python: 0 or 1)."""
    if language == "python":
        try:
            ast.parse(text)
            return 0
        except (SyntaxError, ValueError, RecursionError):
            return 1
    done = subprocess.run(["rustfmt", "--edition", "2024", "--emit", "stdout"], input=text.encode(), capture_output=True)
    return 0 if done.returncode == 0 else max(1, len(re.findall(rb"^error", done.stderr, re.M)))


def utf16(text):
    return len(text.encode("utf-16-le")) // 2


def offset_of(text, position):
    lines = text.split("\n")
    before = "\n".join(lines[: position["line"]]) + ("\n" if position["line"] else "")
    line = lines[position["line"]].encode("utf-16-le")
    return len(before) + len(line[: 2 * position["character"]].decode("utf-16-le"))


def damage(rng, lines, away_from):
    """Delete one token of a line at least 15 lines away from the hole."""
    for _ in range(50):
        row = rng.randrange(len(lines))
        tokens = list(re.finditer(r"\w+|[^\w\s]", lines[row]))
        if abs(row - away_from) >= 15 and tokens:
            token = rng.choice(tokens)
            lines[row] = lines[row][: token.start()] + lines[row][token.end() :]
            return


def holes(args, rng):
    suffix = {"python": ".py", "rust": ".rs"}[args.language]
    files = sorted(path for path in pathlib.Path(args.source).rglob(f"*{suffix}") if path.stat().st_size < 400_000)
    rng.shuffle(files)
    made, at = 0, 0
    while made < args.holes and at < 20 * len(files):
        path, at = files[at % len(files)], at + 1
        try:
            text = path.read_bytes().decode().replace("\r\n", "\n")
        except UnicodeDecodeError:
            continue
        lines = text.split("\n")
        rows = [row for row, line in enumerate(lines) if len(line.strip()) >= 8]
        if len(lines) < 20 or not rows or faults(args.language, text):
            continue
        row = rng.choice(rows)
        line = lines[row]
        column = rng.randrange(len(line) - len(line.lstrip()), len(line.rstrip()) - 1)
        held_out = line[column:]
        lines[row] = line[:column]
        if args.broken:
            damage(rng, lines, row)
            if not faults(args.language, "\n".join(lines[:row] + [line] + lines[row + 1 :])):
                continue
        made += 1
        yield path, "\n".join(lines), row, column, held_out


def options(description, holes, seed):
    """A parser for what every script over holes takes."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", required=True)
    parser.add_argument("--language", choices=["python", "rust"], required=True)
    parser.add_argument("--holes", type=int, default=holes)
    parser.add_argument("--seed", type=int, default=seed)
    parser.add_argument("--broken", action="store_true")
    parser.add_argument("--server", default="target/release/treefill")
    return parser


def main():
    parser = options(__doc__, holes=200, seed=1)
    parser.add_argument("--show", type=int, default=0)
    args = parser.parse_args()
    rng = random.Random(args.seed)

    client = Client([args.server, "serve"])
    client.initialize()
    initialized = time.perf_counter() - client.started

    asked = shown = exact = worse = still = 0
    first, latencies = None, []
    for path, text, row, column, held_out in holes(args, rng):
        uri = f"file:///holes/{asked}{path.suffix}"
        client.notify("textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": args.language, "version": 1, "text": text}})
        position = {"line": row, "character": utf16(text.split("\n")[row][:column])}
        start = time.perf_counter()
        item = client.suggestion(uri, position)
        now = time.perf_counter()
        asked += 1
        if first is None:
            first = now - client.started
        else:
            latencies.append((now - start) * 1e3)
        client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        if not item or not item["insertText"].strip():
            continue
        shown += 1
        begin, end = (offset_of(text, item["range"][key]) for key in ("start", "end"))
        applied = text[:begin] + item["insertText"] + text[end:]
        exact += item["insertText"].split("\n")[0].strip() == held_out.strip()
        before, after = faults(args.language, text), faults(args.language, applied)
        if asked <= args.show:
            print(f"{path.name}:{row + 1}  {text.split(chr(10))[row].strip()!r} + {item['insertText']!r}   (was {held_out!r})")
        still += before > 0 and after > 0
        if after > before:
            worse += 1
            print(f"WORSE {path}:{row + 1}:{column + 1}: {before} -> {after} errors, inserted {item['insertText']!r}")
    code = client.end()
    if not latencies:
        sys.exit("no holes were made: is there source of that language in the folder?")
    latencies.sort()
    percent = lambda share: latencies[min(len(latencies) - 1, int(share * len(latencies)))]
    print(
        f"{args.language}{' (broken elsewhere)' if args.broken else ''}: {asked} asked, {shown} shown ({100 * shown / asked:.0f} %), "
        f"{worse} made a file worse, {still} left it broken, {exact} exact ({100 * exact / asked:.1f} %)\n"
        f"initialize {initialized * 1e3:.0f} ms and first answer {first:.2f} s after process start; "
        f"then p50 {statistics.median(latencies):.0f} ms, p95 {percent(0.95):.0f} ms; exit code {code}"
    )
    sys.exit(1 if worse or code else 0)


if __name__ == "__main__":
    main()
