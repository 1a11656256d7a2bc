"""How far a detector agrees with another: objects found in common, as F1.

A found object counts where it has the class of one of the reference's and overlaps it by half (intersection over union);
each of the reference's counts once, for the first in order of score that fits.
"""


def overlap(a, b):
    """Intersection over union of two boxes as `swiftlet detect --json` writes them."""
    width = min(a["right"], b["right"]) - max(a["left"], b["left"])
    height = min(a["bottom"], b["bottom"]) - max(a["top"], b["top"])
    common = max(0, width) * max(0, height)
    area = sum((box["right"] - box["left"]) * (box["bottom"] - box["top"]) for box in (a, b))
    return common / (area - common) if area > common else 0


def matches(found, expected, least=0.5):
    """Objects of `found` that `expected` has too."""
    left, count = list(expected), 0
    for item in sorted(found, key=lambda item: -item["score"]):
        fits = [other for other in left if other["index"] == item["index"] and overlap(other["box"], item["box"]) >= least]
        if fits:
            left.remove(max(fits, key=lambda other: overlap(other["box"], item["box"])))
            count += 1
    return count


def f1(found, expected):
    """Of two lists of answers, one a picture: F1, objects in common, found in all, expected in all."""
    common = sum(matches(a["objects"], b["objects"]) for a, b in zip(found, expected))
    total, reference = (sum(len(answer["objects"]) for answer in answers) for answers in (found, expected))
    return (2 * common / (total + reference) if total + reference else 1.0), common, total, reference
