#!/usr/bin/env python3
"""Fit the weights and thresholds of src/completion/rank.rs on replayed keystrokes.

  treefill eval replay CASES --no-judge --pause-ms 0 --enough 10000 --out run.jsonl
  benches/fit_rank.py run.jsonl [--held-out other.jsonl] > src/completion/rank.json
  benches/fit_rank.py --report other.jsonl            # the weights that are in rank.json now

Logistic regression with a small L2 penalty, by Newton's method, on everything newly generated: was its first line right?
Half of the texts fit, the other half tell what to expect (on stderr): area under the ROC curve, with each
feature left out, expected calibration error (ten bins of equal counts; and what it would be of exact chances, by luck alone), a
reliability table, and what each threshold shows.

The default threshold maximises the score: characters of right first lines less READING characters for each wrong one. A glance at
a wrong line takes about half a second; who types 60 words a minute types 2.5 characters in that time.
Needs nothing but Python.
"""
import argparse, json, math, pathlib, random, re, sys

from common import solve

RIDGE = 1.0
READING = 2.5
ROOT = pathlib.Path(__file__).resolve().parent.parent / "src/completion"
# What a user who chose this eagerness sees at least, in probability; "medium" is chosen by the score.
LOW, HIGH = 0.5, 0.12


def names():
    return re.findall(r'"(\w+)"', re.search(r"NAMES: \[&str; \d+\] = \[(.*?)\];", (ROOT / "rank.rs").read_text(), re.S).group(1))


def probability(weights, features):
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, sum(map(float.__mul__, weights, features))))))


def fit(samples, size, rounds=9):
    weights = [0.0] * size
    for _ in range(rounds):
        gradient = [-RIDGE * weight for weight in weights]
        hessian = [[RIDGE * (a == b) for b in range(size)] for a in range(size)]
        for right, features in samples:
            p = probability(weights, features)
            slope = p * (1 - p)
            for a, value in enumerate(features):
                if value:
                    gradient[a] += (right - p) * value
                    scaled, row = slope * value, hessian[a]
                    for b in range(a + 1):
                        row[b] += scaled * features[b]
        for a in range(size):
            for b in range(a):
                hessian[b][a] = hessian[a][b]
        weights = [weight + step for weight, step in zip(weights, solve(hessian, gradient))]
    return weights


def area(scored):
    """Area under the ROC curve of (probability, right), ties counted half."""
    ranked, below, total = sorted(scored), 0, 0.0
    wrong = sum(not right for _, right in ranked)
    at = 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        rights = sum(right for _, right in ranked[at:end])
        total += rights * (below + (end - at - rights) / 2)
        below += end - at - rights
        at = end
    return total / max(1, wrong * (len(ranked) - wrong))


def calibration(scored, bins=10):
    """(expected calibration error, rows of (count, mean probability, share right))."""
    ranked, rows = sorted(scored), []
    for number in range(bins):
        part = ranked[number * len(ranked) // bins:(number + 1) * len(ranked) // bins]
        if part:
            rows.append((len(part), sum(p for p, _ in part) / len(part), sum(right for _, right in part) / len(part)))
    return sum(count * abs(mean - right) for count, mean, right in rows) / max(1, len(ranked)), rows


def by_chance(scored, rounds=200):
    """The calibration error that this many questions would show if every probability were exactly so: not zero, for bins are small."""
    rng = random.Random(1)
    return sum(calibration([(p, rng.random() < p) for p, _ in scored])[0] for _ in range(rounds)) / rounds


def read(paths, size):
    """One (text, [(right, features), …]) for each question, the one shown first."""
    asks = []
    for path in paths:
        for line in open(path).read().splitlines()[1:]:
            row = json.loads(line)
            for asked in row["asked"]:
                found = [(bool(right), [1.0] + [float(x) for x in features])
                         for right, features in asked.get("candidates") or [] if len(features) == size - 1]
                if found:
                    asks.append((row["id"], found))
    if not asks:
        sys.exit("no features in these runs: are they replays of treefill's own session, by this build?")
    return asks


def best_of(weights, asks):
    """(probability, right, characters) of the likeliest candidate of each question."""
    length = names().index("log_length") + 1
    best = [max((probability(weights, f), right, math.exp(f[length]) - 1) for right, f in found) for _, found in asks]
    return sorted(best, reverse=True)


def chosen_threshold(best):
    """The probability above which the score is greatest."""
    score, most, at = 0.0, 0.0, 1.0
    for p, right, characters in best:
        score += characters if right else -READING
        if score > most:
            most, at = score, p
    return at


def report(weights, asks, out=sys.stderr):
    best = best_of(weights, asks)
    scored = [(p, right) for p, right, _ in best]
    error, rows = calibration(scored)
    print(f"{len(asks)} questions; area under the curve {area(scored):.3f}, expected calibration error {error:.3f} "
          f"(of exact chances {by_chance(scored):.3f})", file=out)
    print("  said   was     of", file=out)
    for count, mean, right in rows:
        print(f"  {mean:5.1%} {right:6.1%} {count:6}", file=out)
    print("  from    shown   right  wrong a right one   right ones kept", file=out)
    rights = sum(right for _, right in scored)
    for threshold in (0.05, HIGH, 0.2, 0.25, 0.3, 0.35, 0.4, LOW, 0.6):
        top = [right for p, right in scored if p >= threshold]
        share = sum(top) / max(1, len(top))
        print(f"  {threshold:.2f} {len(top) / len(scored):8.1%} {share:7.1%} {(len(top) - sum(top)) / max(1, sum(top)):8.2f} {sum(top) / max(1, rights):18.1%}", file=out)
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*")
    parser.add_argument("--held-out", nargs="+", default=[], metavar="RUN", help="report the fit on these too")
    parser.add_argument("--report", nargs="+", default=[], metavar="RUN", help="fit nothing: report rank.json on these")
    parser.add_argument("--features", action="store_true", help="say what each feature is worth: the area without it")
    args = parser.parse_args()
    size = len(names()) + 1
    if args.report:
        old = json.loads((ROOT / "rank.json").read_text())
        report([old["bias"]] + [float(old["weights"].get(name, 0.0)) for name in names()], read(args.report, size), sys.stdout)
        return
    asks = read(args.runs, size)
    texts = sorted({text for text, _ in asks})
    random.Random(1).shuffle(texts)
    half = set(texts[::2])
    flat = lambda of: [sample for _, found in of for sample in found]
    train, test = [ask for ask in asks if ask[0] in half], [ask for ask in asks if ask[0] not in half]
    weights = fit(flat(train), size)
    print("The other half of the texts:", file=sys.stderr)
    report(weights, test)
    if args.features:
        whole = area([(p, right) for p, right, _ in best_of(weights, test)])
        for number, name in enumerate(names(), 1):
            without = [(text, [(right, f[:number] + [0.0] + f[number + 1:]) for right, f in found]) for text, found in asks]
            weights = fit(flat([ask for ask in without if ask[0] in half]), size, 6)
            test_without = [ask for ask in without if ask[0] not in half]
            print(f"  without {name:16} {area([(p, r) for p, r, _ in best_of(weights, test_without)]) - whole:+.4f}", file=sys.stderr)
    weights = fit(flat(asks), size)
    if args.held_out:
        print("Held out:", file=sys.stderr)
        report(weights, read(args.held_out, size))
    medium = chosen_threshold(best_of(weights, asks))
    print(f"The score is greatest from {medium:.3f} on.", file=sys.stderr)
    table = {name: round(weight, 4) for name, weight in zip(names(), weights[1:])}
    thresholds = {"low": LOW, "medium": round(min(max(medium, HIGH), LOW), 3), "high": HIGH}
    json.dump({"bias": round(weights[0], 4), "weights": table, "thresholds": thresholds}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
