#!/usr/bin/env python3
"""Fit the weights of src/completion/rank.rs on replayed keystrokes.

  treefill eval replay CASES --no-judge --pause-ms 0 --out run.jsonl
  benches/fit_rank.py run.jsonl [--shown 0.9] > src/completion/rank.json

Logistic regression with a small L2 penalty, by Newton's method, on everything newly generated: was it right? Half of the texts
fit, the other half tell what to expect (on stderr). The threshold is the probability above which the share `--shown` of what is newly
generated lies. Needs nothing but Python.
"""
import argparse, json, math, pathlib, re, sys

RIDGE = 1.0


def names():
    source = (pathlib.Path(__file__).resolve().parent.parent / "src/completion/rank.rs").read_text()
    return re.findall(r'"(\w+)"', re.search(r"NAMES: \[&str; \d+\] = \[(.*?)\];", source, re.S).group(1))


def solve(matrix, vector):
    """Gaussian elimination with pivots."""
    size = len(vector)
    rows = [row[:] + [value] for row, value in zip(matrix, vector)]
    for at in range(size):
        best = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        for row in range(at + 1, size):
            factor = rows[row][at] / rows[at][at]
            for column in range(at, size + 1):
                rows[row][column] -= factor * rows[at][column]
    found = [0.0] * size
    for at in reversed(range(size)):
        found[at] = (rows[at][size] - sum(rows[at][c] * found[c] for c in range(at + 1, size))) / rows[at][at]
    return found


def chance(weights, features):
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, sum(w * x for w, x in zip(weights, features))))))


def fit(samples, size):
    weights = [0.0] * size
    for _ in range(12):
        gradient = [-RIDGE * w for w in weights]
        hessian = [[RIDGE * (a == b) for b in range(size)] for a in range(size)]
        for right, features in samples:
            p = chance(weights, features)
            slope = p * (1 - p)
            for a in range(size):
                gradient[a] += (right - p) * features[a]
                scaled = slope * features[a]
                if scaled:
                    row = hessian[a]
                    for b in range(size):
                        row[b] += scaled * features[b]
        weights = [w + step for w, step in zip(weights, solve(hessian, gradient))]
    return weights


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--shown", type=float, default=0.9)
    args = parser.parse_args()
    asks, size = [], len(names()) + 1
    for path in args.runs:
        for text, line in enumerate(open(path).read().splitlines()[1:]):
            for asked in json.loads(line)["asked"]:
                candidates = asked.get("candidates") or []
                found = [(bool(right), [1.0] + features) for right, features in candidates if len(features) == size - 1]
                if found:
                    asks.append((text, found))
    if not asks:
        sys.exit("no features in these runs: are they replays of treefill's own session?")
    flat = lambda of: [sample for _, found in of for sample in found]
    half = fit(flat([ask for ask in asks if ask[0] % 2 == 0]), size)
    test = [found for text, found in asks if text % 2]
    scored = sorted(((max((chance(half, f), right) for right, f in found)) for found in test), reverse=True)
    print(f"{len(asks)} asks; of the other half, chance above which this share is shown, and right of those:", file=sys.stderr)
    for share in (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        top = scored[: max(1, int(share * len(scored)))]
        print(f"  {share:4.0%}  {top[-1][0]:.3f}  {sum(right for _, right in top) / len(top):6.1%}", file=sys.stderr)
    first = sum(found[0][0] for found in test) / len(test)
    oracle = sum(any(right for right, _ in found) for found in test) / len(test)
    best = sum(right for _, right in scored) / len(scored)
    print(f"  right: the one shown {first:.1%}, the likeliest by the fit {best:.1%}, any {oracle:.1%}", file=sys.stderr)
    weights = fit(flat(asks), size)
    chances = sorted((max(chance(weights, f) for _, f in found) for _, found in asks), reverse=True)
    threshold = chances[min(len(chances) - 1, int(args.shown * len(chances)))] if args.shown < 1 else 0.0
    table = {name: round(weight, 4) for name, weight in zip(names(), weights[1:])}
    json.dump({"bias": round(weights[0], 4), "weights": table, "threshold": round(threshold, 4)}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
