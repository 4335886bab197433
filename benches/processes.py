#!/usr/bin/env python3
"""Two editors, one model: which processes there are, what memory each takes, and how they end.

  benches/processes.py --from DIR [--binary target/release/treefill] [--linger 2]

Opens five documents of 1 000 lines (made of the Python files in DIR) in each of two `treefill serve`, asks in each, and prints
the resident memory of every process, how many engines there are, and how soon `serve` and the engine are gone after both
editors were killed. Linux only: it reads /proc.
"""
import json, os, pathlib, signal, subprocess, sys, tempfile, time

from common import options

DOCUMENTS, LINES = 5, 1000
# Stands for an editor: starts the server as its child and can be killed.
EDITOR = "import subprocess, sys; sys.exit(subprocess.Popen(sys.argv[1:]).wait())"


class Client:
    """Speaks LSP with a server that it starts; answers the server's requests with null."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.last_id = 0

    def send(self, **message):
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
        self.last_id += 1
        self.send(id=self.last_id, method=method, params=params)
        while (message := self.receive()).get("id") != self.last_id or "method" in message:
            if "id" in message and "method" in message:
                self.send(id=message["id"], result=None)
        return message["result"]


def resident(pid):
    """MB in memory, and of these not shared with a file."""
    fields = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line)
    return int(fields["VmRSS"].split()[0]) / 1024, int(fields["RssAnon"].split()[0]) / 1024


def processes(folder):
    """pid -> command of every process whose environment names our folder."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if f"TREEFILL_RUNTIME_DIR={folder}".encode() in (path / "environ").read_bytes():
                found[int(path.name)] = (path / "cmdline").read_bytes().split(b"\0")
        except OSError:
            pass
    return {pid: row for pid, row in found.items() if row[0].endswith(b"treefill")}


def gone_after(pids, start):
    while any(pathlib.Path(f"/proc/{pid}/exe").exists() for pid in pids):
        time.sleep(0.01)
        if time.perf_counter() - start > 60:
            sys.exit(f"still there: {pids}")
    return time.perf_counter() - start


def main():
    args = options(__doc__, folders=1, linger=2).parse_args()
    files = sorted(pathlib.Path(args.folders[0]).rglob("*.py"), key=lambda path: -path.stat().st_size)[:DOCUMENTS]
    texts = [("\n".join((path.read_text() + "\n").split("\n") * 50)).split("\n")[:LINES] for path in files]
    folder = tempfile.mkdtemp()
    config = pathlib.Path(folder) / "config.toml"
    config.write_text(f"[engine]\nexit_after_idle_s = {args.linger}\n")
    os.environ.update(TREEFILL_RUNTIME_DIR=folder, XDG_STATE_HOME=folder, TREEFILL_CONFIG=str(config))
    editors = []
    for editor in range(2):
        client = Client([sys.executable, "-c", EDITOR, args.binary, "serve"])
        client.request("initialize", {"processId": client.process.pid, "rootUri": None, "capabilities": {"textDocument": {"inlineCompletion": {}}}})
        client.send(method="initialized", params={})
        for number, lines in enumerate(texts):
            uri = f"file:///{editor}/{number}.py"
            document = {"uri": uri, "version": 1, "languageId": "python", "text": "\n".join(lines)}
            client.send(method="textDocument/didOpen", params={"textDocument": document})
            for row in range(50, LINES, 100):
                place = {"textDocument": {"uri": uri}, "position": {"line": row, "character": len(lines[row])}}
                client.request("textDocument/inlineCompletion", {**place, "context": {"triggerKind": 2}})
        editors.append(client)
    found = processes(folder)
    servers = [pid for pid, row in found.items() if b"serve" in row]
    engines = [pid for pid, row in found.items() if b"engine" in row]
    for name, pids in (("serve", servers), ("engine", engines)):
        for pid in pids:
            print("%s: %.0f MB resident, %.0f MB of them its own" % (name, *resident(pid)))
    print(f"editors: {len(editors)}, engines: {len(engines)}")
    for client in editors:
        os.kill(client.process.pid, signal.SIGKILL)
        client.process.wait()
    start = time.perf_counter()
    print(f"both editors killed: serve gone after {gone_after(servers, start):.1f} s, "
          f"the engine after {gone_after(engines, start):.1f} s (linger {args.linger} s)")


if __name__ == "__main__":
    main()
