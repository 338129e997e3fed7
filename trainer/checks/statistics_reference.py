"""Reference values of the evaluator's statistics, from scipy and statsmodels.

usage: python statistics_reference.py [--verify]

Writes test/golden/statistics.json; --verify only compares, and exits 1 on a difference. The interval of a
paired difference has no counterpart in those libraries: it is solved here from its definition (Tango 1998)
with the likelihood maximised by scipy, not by the closed form that the evaluator uses.
"""

import argparse
import json
import math
import sys
from pathlib import Path

from scipy import optimize, stats
from scipy.special import betaln
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

FILE = Path(__file__).parents[2] / "test" / "golden" / "statistics.json"
RATES = [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (186, 200), (170, 200), (4999, 5000)]
TABLES = [
    # pairs, only B succeeded, only A succeeded
    (10, 0, 0),
    (10, 3, 0),
    (10, 10, 0),
    (44, 4, 8),
    (50, 6, 6),
    (100, 0, 12),
    (200, 24, 9),
    (200, 1, 0),
    (1000, 41, 60),
    (2000, 700, 600),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--verify", action="store_true")
    arguments = parser.parse_args()
    values = reference()
    if not arguments.verify:
        FILE.write_text(json.dumps(values, indent=1) + "\n")
        return 0
    if not close(json.loads(FILE.read_text()), values):
        print(f"{FILE.name} differs from what scipy and statsmodels give here", file=sys.stderr)
        return 1
    return 0


def reference() -> dict:
    return {
        "normal_quantile": [
            {"p": p, "z": float(stats.norm.ppf(p))}
            for p in [1e-12, 0.001, 0.025, 0.3, 0.5, 0.9, 0.975, 0.9999]
        ],
        "normal_upper_tail": [
            {"z": z, "p": float(stats.norm.sf(z))} for z in [-3, 0, 0.5, 1.96, 2.8, 2.9, 6, 12]
        ],
        "binomial_cdf": [
            {"k": k, "n": n, "rate": rate, "p": float(stats.binom.cdf(k, n, rate))}
            for k, n, rate in [(0, 5, 0.3), (4, 9, 0.5), (100, 250, 0.5), (1900, 2000, 0.96)]
        ],
        "wilson": [
            {
                "successes": k,
                "n": n,
                "confidence": c,
                "interval": bounds(proportion_confint(k, n, 1 - c, "wilson")),
            }
            for k, n in RATES
            for c in (0.9, 0.95, 0.99)
        ],
        "mcnemar": [
            {"gained": b, "lost": c, "p": float(mcnemar([[n - b - c, b], [c, 0]], exact=True).pvalue)}
            for n, b, c in TABLES
        ],
        "paired_interval": [
            {"pairs": n, "gained": b, "lost": c, "confidence": level, "interval": tango(n, b, c, level)}
            for n, b, c in TABLES
            for level in (0.9, 0.95)
        ],
        "mcnemar_power": [
            {"pairs": n, "difference": d, "discordance": s, "alpha": 0.05, "power": power(n, d, s)}
            for n, d, s in [(30, 0.3, 0.4), (100, 0.1, 0.2), (200, 0.05, 0.1), (400, 0.05, 0.05)]
        ],
        "robbins_mixture": [
            # ln of the integral over p of p^b (1-p)^c against 1/2 each: betting on every share alike
            {"pairs": n, "gained": b, "lost": c, "log_evidence": robbins(b, c)}
            for n, b, c in TABLES
        ],
    }


def bounds(interval: tuple) -> list[float]:
    return [float(interval[0]), float(interval[1])]


def tango(n: int, b: int, c: int, level: float) -> list[float]:
    z = stats.norm.ppf((1 + level) / 2)

    def score(difference: float) -> float:
        lost = most_likely_lost(n, b, c, difference)
        variance = n * (2 * lost + difference - difference**2)
        return (b - c - n * difference) / math.sqrt(max(variance, 1e-300))

    inside = max(-1 + 1e-9, min(1 - 1e-9, (b - c) / n))
    edge = 1 - 1e-9
    low = -1.0 if score(-edge) < z else optimize.brentq(lambda d: score(d) - z, -edge, inside, xtol=1e-13)
    high = 1.0 if score(edge) > -z else optimize.brentq(lambda d: score(d) + z, inside, edge, xtol=1e-13)
    return [float(low), float(high)]


def most_likely_lost(n: int, b: int, c: int, difference: float) -> float:
    """The likeliest rate of pairs that only A solved, given rate(only B) = that + difference."""
    least, most = max(0.0, -difference), (1 - difference) / 2

    def slope(lost: float) -> float:
        parts = [(b, lost + difference, 1), (c, lost, 1), (n - b - c, 1 - 2 * lost - difference, -2)]
        return sum(count * sign / max(value, 1e-300) for count, value, sign in parts if count)

    width = most - least
    left, right = least + width * 1e-13, most - width * 1e-13
    if width <= 0 or slope(left) <= 0:
        return least
    if slope(right) >= 0:
        return most
    return optimize.brentq(slope, left, right, xtol=1e-16)


def power(n: int, difference: float, discordance: float) -> float:
    """By all outcomes of the three-way draw: significant, and in the right direction."""
    gained, lost = (discordance + difference) / 2, (discordance - difference) / 2
    total = 0.0
    for both in range(n + 1):
        weight = stats.binom.pmf(both, n, gained + lost)
        if weight < 1e-14:
            continue
        for b in range(both // 2 + 1, both + 1):
            if stats.binomtest(b, both, 0.5).pvalue <= 0.05:
                total += weight * stats.binom.sf(b - 1, both, gained / (gained + lost))
                break
    return float(total)


def robbins(b: int, c: int) -> float:
    return float(betaln(b + 1, c + 1) + (b + c) * math.log(2))


def close(old: object, new: object) -> bool:
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(close(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(close, old, new))
    return old == new or math.isclose(old, new, rel_tol=1e-9, abs_tol=1e-12)


if __name__ == "__main__":
    sys.exit(main())
