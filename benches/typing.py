#!/usr/bin/env python3
"""Type held-out remainders of real lines into a running `treefill serve`, one character at a time, and ask after each.

  benches/typing.py --from DIR --language python [--holes 12] [--broken] [--seed 5] [--server target/release/treefill]

Prints, of keys that typed on what was shown and of all others, how many there were and p50/p95 from request to reply.
Also counts flicker: a key that typed on what was shown and was not answered with the rest of it (must be 0).
"""
import random, statistics, sys, time

from holes import Client, holes, options, utf16


def figures(name, times):
    if times:
        times.sort()
        p95 = times[min(len(times) - 1, int(0.95 * len(times)))]
        print(f"{name}: {len(times)} keys, p50 {statistics.median(times):.1f} ms, p95 {p95:.1f} ms")


def main():
    args = options(__doc__, holes=12, seed=5).parse_args()

    client = Client([args.server, "serve"])
    client.initialize()
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
            item = client.suggestion(document["uri"], position)
            elapsed = (time.perf_counter() - start) * 1e3
            rest = item["insertText"] if item else None
            if key and shown and shown[0] == key and len(shown) > 1:
                typed_on.append(elapsed)
                flickers += rest != shown[1:]
            elif key:
                others.append(elapsed)
            shown = rest
        client.notify("textDocument/didClose", {"textDocument": {"uri": document["uri"]}})
    client.end()
    figures("typed on what was shown", typed_on)
    figures("any other key", others)
    print(f"flicker: {flickers}")
    sys.exit(1 if flickers else 0)


if __name__ == "__main__":
    main()
