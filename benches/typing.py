#!/usr/bin/env python3
"""Type held-out remainders of real lines into a running `treefill serve`, one character at a time, and ask after each.

  benches/typing.py --from DIR --language python [--holes 12] [--seed 5] [--server target/release/treefill]

Prints, of keys that typed on what was shown and of all others, how many there were and p50/p95 from request to reply.
Also counts flicker: a key that typed on what was shown and was not answered with the rest of it (must be 0).
"""
import argparse, random, statistics, sys, time

from holes import Client, holes, utf16


def figures(name, times):
    if times:
        times.sort()
        p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
        print(f"{name}: {len(times)} keys, p50 {statistics.median(times):.1f} ms, p95 {p95:.1f} ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", required=True)
    parser.add_argument("--language", choices=["python", "rust"], required=True)
    parser.add_argument("--holes", type=int, default=12)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--server", default="target/release/treefill")
    args = parser.parse_args()
    args.broken = False

    client = Client([args.server, "serve"])
    client.request("initialize", {"processId": None, "rootUri": None, "capabilities": {"textDocument": {"inlineCompletion": {}}}})
    client.notify("initialized", {})
    typed_on, others, flickers = [], [], 0
    for number, (path, text, row, column, held_out) in enumerate(holes(args, random.Random(args.seed))):
        document = {"uri": f"file:///typing/{number}{path.suffix}", "version": 1}
        client.notify("textDocument/didOpen", {"textDocument": {**document, "languageId": args.language, "text": text}})
        line, shown = text.split("\n")[row][:column], None
        for key in ["", *held_out]:
            position = {"line": row, "character": utf16(line)}
            if key:
                document["version"] += 1
                change = {"range": {"start": position, "end": position}, "text": key}
                client.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})
                line += key
                position = {"line": row, "character": utf16(line)}
            start = time.perf_counter()
            answer = client.request(
                "textDocument/inlineCompletion",
                {"textDocument": {"uri": document["uri"]}, "position": position, "context": {"triggerKind": 2}},
            )
            elapsed = (time.perf_counter() - start) * 1e3
            rest = answer["items"][0]["insertText"] if answer["items"] else None
            if key and shown and shown[0] == key and len(shown) > 1:
                typed_on.append(elapsed)
                flickers += rest != shown[1:]
            elif key:
                others.append(elapsed)
            shown = rest
        client.notify("textDocument/didClose", {"textDocument": {"uri": document["uri"]}})
    client.request("shutdown", None)
    client.notify("exit", None)
    client.process.wait(5)
    figures("typed on what was shown", typed_on)
    figures("any other key", others)
    print(f"flicker: {flickers}")
    sys.exit(1 if flickers else 0)


if __name__ == "__main__":
    main()
