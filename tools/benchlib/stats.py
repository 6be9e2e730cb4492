"""Medians, spread and ratios of what the rounds gave."""
import statistics

from .cases import COSTS
from .measure import Failed


def good(values):
    return [v for v in values if not isinstance(v, Failed)]


def median(values):
    return statistics.median(v[0] for v in good(values))


def spread(values):
    """(low, high): the middle half of the rounds, or all of them when there are few."""
    numbers = sorted(v[0] for v in good(values))
    if len(numbers) >= 5:
        cut = len(numbers) // 4
        numbers = numbers[cut:len(numbers) - cut]
    return numbers[0], numbers[-1]


def unit(by_variant):
    return next((v[1] for values in by_variant.values() for v in good(values)), "")


def speeds(ours, theirs):
    """How many times as fast as `theirs`, round by round: both ran next to each other in a round."""
    ratios = []
    for mine, other in zip(ours, theirs):
        if isinstance(mine, Failed) or isinstance(other, Failed) or mine[0] <= 0 or other[0] <= 0:
            continue
        ratios.append(other[0] / mine[0] if mine[1] in COSTS else mine[0] / other[0])
    return ratios


def speed(ours, theirs):
    """The median of speeds(), or None."""
    ratios = speeds(ours, theirs)
    return statistics.median(ratios) if ratios else None
