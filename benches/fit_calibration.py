#!/usr/bin/env python3
"""Compare forms and priors of the correction of src/calibration, on outcomes of several models.

  treefill eval calibrate CASES --model MODEL.gguf --predictions 100000 --dump MODEL-1.txt
  benches/fit_calibration.py NAME=MODEL-1.txt,MODEL-2.txt …                    # a model for each NAME, in the order of time
  benches/fit_calibration.py --by-size SIZE=MODEL-1.txt …                      # and the correction that all outcomes of each give

Each model's outcomes are cut into a first part that learns and the rest that measures: expected calibration error in ten bins of equal
counts, with what luck alone would give, and the log loss. Several orders of the texts are averaged, whole files at a time, because
the outcomes of one line belong together. Needs nothing but Python.
"""
import argparse, json, math, random, sys

from common import solve

KINDS = 4
FORMS = {"none": "", "slope": "s", "bias": "b", "slope and bias": "sb", "by kind": "sbk"}


def probability(theta, row):
    score, offset, kind, _, _ = row
    logit = theta[0] * score + theta[1] + theta[2 + kind] + offset
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def fit(rows, form="sbk", spreads=(0.3, 0.7, 0.4), mean=(1.0, 0.0), weight=0.5, half_life=1000.0):
    """Mirrors src/calibration/fit.rs."""
    size = 2 + KINDS
    fixed = 1e6
    precision = [spreads[0] ** -2 if "s" in form else fixed, spreads[1] ** -2 if "b" in form else fixed]
    precision += [spreads[2] ** -2 if "k" in form else fixed] * KINDS
    prior = [mean[0], mean[1]] + [0.0] * KINDS
    theta = prior[:]
    for _ in range(12):
        gradient = [p * (m - t) for p, m, t in zip(precision, prior, theta)]
        hessian = [[precision[i] * (i == j) for j in range(size)] for i in range(size)]
        for age, row in enumerate(reversed(rows)):
            w = weight * 2 ** (-age / half_life)
            p = probability(theta, row)
            x = [row[0], 1.0] + [float(row[2] == kind) for kind in range(KINDS)]
            for i in range(size):
                if x[i]:
                    gradient[i] += w * (row[4] - p) * x[i]
                    for j in range(size):
                        hessian[i][j] += w * p * (1 - p) * x[i] * x[j]
        step = solve(hessian, gradient)
        theta = [t + s for t, s in zip(theta, step)]
        theta[0] = min(3.0, max(0.2, theta[0]))
        if max(map(abs, step)) < 1e-5:
            break
    return theta


def calibration(scored, bins=10):
    ranked = sorted(scored, key=lambda pair: pair[0])
    error = 0.0
    for number in range(bins):
        part = ranked[number * len(ranked) // bins:(number + 1) * len(ranked) // bins]
        error += abs(sum(p for p, _ in part) - sum(right for _, right in part))
    return error / max(1, len(ranked))


def by_luck(scored, rounds=60):
    rng = random.Random(1)
    return sum(calibration([(p, rng.random() < p) for p, _ in scored]) for _ in range(rounds)) / rounds


def loss(scored):
    return -sum(math.log(max(1e-9, p if right else 1 - p)) for p, right in scored) / max(1, len(scored))


def area(scored):
    right, wrong = [p for p, r in scored if r], [p for p, r in scored if not r]
    return sum((a > b) + 0.5 * (a == b) for a in right for b in wrong) / max(1, len(right) * len(wrong))


def orders(parts, count):
    """The outcomes in several orders, whole files at a time."""
    for seed in range(count):
        shuffled = parts[:]
        random.Random(seed).shuffle(shuffled)
        yield [row for part in shuffled for row in part]


def measure(parts, learn, count, **options):
    found = []
    for rows in orders(parts, count):
        theta = fit(rows[:learn], **options)
        scored = [(probability(theta, row), row[4]) for row in rows[learn:]]
        found.append((calibration(scored), by_luck(scored), loss(scored)))
    return [sum(column) / len(found) for column in zip(*found)]


def across(parts, bar):
    """Each file with the correction that the other files give: calibration error and the same by luck, what is shown at `bar`, right of that."""
    figures = []
    for learned in (False, True):
        scored = []
        for number, part in enumerate(parts):
            others = [row for other, rows in enumerate(parts) if other != number for row in rows]
            theta = fit(others) if learned else [1.0] + [0.0] * (1 + KINDS)
            scored += [(probability(theta, row), row[4]) for row in part]
        shown = [right for p, right in scored if p >= bar]
        figures.append((calibration(scored), by_luck(scored), len(shown) / len(scored), sum(shown) / max(1, len(shown))))
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="NAME=FILE,FILE…")
    parser.add_argument("--learn", type=int, nargs="+", default=[0, 50, 100, 250, 500])
    parser.add_argument("--orders", type=int, default=4)
    parser.add_argument("--by-size", action="store_true", help="only the correction that all outcomes of each model give")
    parser.add_argument("--across", type=float, metavar="BAR", help="each file with the correction of the others; shown at this bar")
    parser.add_argument("--grid", action="store_true", help="compare spreads of the prior and weights of an outcome")
    args = parser.parse_args()
    models = {}
    for model in args.models:
        name, files = model.split("=", 1)
        models[name] = [[json.loads(line) for line in open(file)] for file in files.split(",")]
    for name, parts in models.items():
        rows = [row for part in parts for row in part]
        plain = [(probability([1.0] + [0.0] * 5, row), row[4]) for row in rows]
        kinds = [sum(row[2] == kind for row in rows) for kind in range(KINDS)]
        print(f"{name}: {len(rows)} outcomes, {sum(r for _, r in plain) / len(plain):.1%} right, said {sum(p for p, _ in plain) / len(plain):.1%}, "
              f"area {area(plain):.3f}, kinds {kinds}")
        theta = fit(rows, weight=1.0, half_life=1e9)
        flat = fit(rows, form="sb", weight=1.0, half_life=1e9)
        print("  all: slope %.2f, bias %s; without kinds: slope %.2f, bias %.2f" % (
            theta[0], " ".join(f"{theta[1] + delta:+.2f}" for delta in theta[2:]), flat[0], flat[1]))
        if args.across is not None:
            for name, figures in zip(("as it is", "learned"), across(parts, args.across)):
                print("  %s: error %.3f (by luck %.3f), shown %.1f%%, right of these %.1f%%" % (
                    name, *figures[:2], *(share * 100 for share in figures[2:])))
            continue
        if args.by_size:
            continue
        for form, letters in FORMS.items():
            cells = []
            for learn in args.learn:
                if learn >= len(rows) - 150:
                    continue
                error, luck, nats = measure(parts, learn, args.orders, form=letters)
                cells.append(f"{learn}: {error:.3f} ({luck:.3f}) {nats:.4f}")
            print(f"  {form:<15}", "  ".join(cells))
        if args.grid:
            learn = [learn for learn in args.learn if 0 < learn < len(rows) - 150]
            for spreads in [(0.15, 0.4, 0.2), (0.3, 0.7, 0.2), (0.3, 0.7, 0.4), (0.3, 0.7, 0.8), (0.6, 1.4, 0.4)]:
                for weight in (0.15, 0.3, 0.5, 1.0):
                    cells = [measure(parts, n, args.orders, spreads=spreads, weight=weight) for n in learn]
                    print(f"  spreads {spreads} weight {weight}:", "  ".join(f"{e:.3f} {nats:.4f}" for e, _, nats in cells))


if __name__ == "__main__":
    main()
