#!/usr/bin/env python3
"""Fit the weights of src/engine/memory/mix.json: how much what followed before counts against the model.

  treefill eval memory PACKAGE… --dump rows.jsonl [--model MODEL.gguf]          once for each model
  benches/fit_memory.py rows.jsonl [more.jsonl …] --out src/engine/memory/mix.json
  benches/fit_memory.py rows.jsonl --report                                     the weights that are in the file now

One logistic function of 17 features for each source of memory (src/engine/memory/mix.rs) gives its weight against the model and the
sources after it; together they maximise the probability of the tokens that were there, by gradient ascent (Adam) with a small L2
penalty. Half of the packages fit, the other half tell what to expect. The chance of a draft is a logistic regression on the
features that say nothing about the model: is the source's first token the mixture's likeliest one? Needs numpy.
"""
import argparse, collections, json, pathlib

import numpy as np

SOURCES, FEATURES, OF_MODEL = 3, 17, 11
RIDGE = 2e-4
FILE = pathlib.Path(__file__).resolve().parent.parent / "src/engine/memory/mix.json"


class Rows:
    """Tokens as arrays: p (tokens), share, top, there (tokens × sources), features (tokens × sources × FEATURES)."""

    def __init__(self, paths):
        rows = [(path, json.loads(line)) for path in paths for line in open(path)]
        size = len(rows)
        self.group = [f"{pathlib.Path(path).stem} {row['language']}" for path, row in rows]
        self.package = np.array([row["package"] for _, row in rows])
        self.bytes = np.array([len(row["text"].encode()) for _, row in rows])
        self.p = np.exp(np.maximum(np.array([row["logprob"] for _, row in rows]), -30))
        self.model_right = np.array([row["top"] == row["token"] for _, row in rows])
        self.chosen = np.array([row["chosen"] for _, row in rows])
        self.mixed_right = np.array([row["chosen"] == row["token"] for _, row in rows])
        self.share, self.there = np.zeros((size, SOURCES)), np.zeros((size, SOURCES), bool)
        self.first = np.full((size, SOURCES), -1)
        self.features = np.zeros((size, SOURCES, FEATURES))
        for at, (_, row) in enumerate(rows):
            for source in row["sources"]:
                number = source["source"]
                self.there[at, number], self.share[at, number] = True, source["share"]
                self.first[at, number], self.features[at, number] = source["top"], source["features"]

    def of(self, mask):
        part = object.__new__(Rows)
        for name, value in vars(self).items():
            setattr(part, name, value[mask] if isinstance(value, np.ndarray) else [v for v, m in zip(value, mask) if m])
        return part


def weights_of(mix, rows):
    return np.where(rows.there, 1 / (1 + np.exp(-np.einsum("tsf,sf->ts", rows.features, mix))), 0)


def probability(mix, rows):
    """The mixture's probability of each token, with its gradient by the weights' logits."""
    weight = weights_of(mix, rows)
    rest = np.cumprod(np.concatenate([np.ones((len(weight), 1)), 1 - weight], 1), 1)
    total = rest[:, -1] * rows.p + (rest[:, :-1] * weight * rows.share).sum(1)
    slopes = np.zeros_like(weight)
    later = rows.p
    for source in reversed(range(SOURCES)):
        # total = … + rest · (w · share + (1 - w) · later)
        slopes[:, source] = rest[:, source] * (rows.share[:, source] - later) * weight[:, source] * (1 - weight[:, source])
        later = weight[:, source] * rows.share[:, source] + (1 - weight[:, source]) * later
    return total, slopes


def adam(start, gradient, rounds=600, rate=0.03):
    value, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for step in range(1, rounds + 1):
        slope = gradient(value)
        mean, square = 0.9 * mean + 0.1 * slope, 0.999 * square + 0.001 * slope * slope
        value += rate * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.999**step)) + 1e-9)
    return value


def fit(rows):
    def of_mix(mix):
        total, slopes = probability(mix, rows)
        return np.einsum("ts,tsf->sf", slopes / np.maximum(total, 1e-9)[:, None], rows.features) / len(total) - RIDGE * mix

    def of_draft(draft):
        chance = 1 / (1 + np.exp(-np.einsum("tsf,sf->ts", rows.features[:, :, :OF_MODEL], draft)))
        error = np.where(rows.there, (rows.first == rows.chosen[:, None]) - chance, 0)
        return np.einsum("ts,tsf->sf", error, rows.features[:, :, :OF_MODEL]) / len(error) - RIDGE * draft

    return adam(np.zeros((SOURCES, FEATURES)), of_mix), adam(np.zeros((SOURCES, OF_MODEL)), of_draft)


def report(name, mix, draft, rows):
    """A line for each model and language, and what drafts are worth."""
    total = np.maximum(probability(mix, rows)[0], 1e-13)
    chance = np.where(rows.there, 1 / (1 + np.exp(-np.einsum("tsf,sf->ts", rows.features[:, :, :OF_MODEL], draft))), 0)
    best = chance.argmax(1)
    right = rows.first[np.arange(len(best)), best] == rows.chosen
    groups = np.array(rows.group)
    for group in sorted(set(rows.group)):
        mask = groups == group
        before, after = (-np.log2(np.maximum(p[mask], 1e-13)).sum() / rows.bytes[mask].sum() for p in (rows.p, total))
        offered = mask & (chance.max(1) > 0.5)
        print(f"{name}, {group}: {mask.sum()} tokens, bits per byte {before:.3f} -> {after:.3f} ({100 * (after / before - 1):+.1f} %), "
              f"drafts of a chance above 1/2 at {100 * offered.sum() / mask.sum():.0f} %, right {100 * right[offered].mean():.0f} %, "
              f"expected {100 * chance.max(1)[offered].mean():.0f} %")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="+")
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("--report", action="store_true")
    arguments = parser.parse_args()
    rows = Rows(arguments.rows)
    if arguments.report:
        now = json.loads(FILE.read_text())
        return report("in the file", np.array(now["mix"]), np.array(now["draft"]), rows)
    packages = sorted(set(rows.package))
    fitted = np.isin(rows.package, packages[::2])
    mix, draft = fit(rows.of(fitted))
    report("fitted on", mix, draft, rows.of(fitted))
    report("held out", mix, draft, rows.of(~fitted))
    mix, draft = fit(rows)
    if arguments.out:
        lines = lambda table: "[\n" + ",\n".join(json.dumps([round(float(v), 3) for v in row]) for row in table) + "\n]"
        packages = json.dumps(packages)
        arguments.out.write_text(f'{{\n"mix": {lines(mix)},\n"draft": {lines(draft)},\n"fitted_on": {packages}\n}}\n')


if __name__ == "__main__":
    main()
