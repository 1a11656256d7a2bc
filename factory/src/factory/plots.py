"""Plots of a run, as SVG."""

import io

import matplotlib

matplotlib.use("svg")
# The same run gives the same bytes.
matplotlib.rcParams["svg.hashsalt"] = "factory"

from matplotlib import pyplot  # noqa: E402  (the kind of output has to be chosen before)


def course(entries):
    """Loss and accuracy by epoch, the bytes of an SVG."""
    epochs = [entry["epoch"] + 1 for entry in entries]
    figure, left = pyplot.subplots(figsize=(6, 3.5))
    left.plot(epochs, [entry["loss"] for entry in entries], color="tab:gray", label="loss")
    left.set_xlabel("epoch")
    left.set_ylabel("loss in training")
    right = left.twinx()
    right.plot(epochs, [100 * entry["validation"] for entry in entries], color="tab:blue", label="validation")
    right.set_ylabel("right on the validation part, %")
    return _svg(figure)


def pareto(points, front, marked, within, label):
    """Accuracy over predicted cost of a search's trials, the bytes of an SVG.

    - points: (cost, accuracy, fate). - front: (cost, accuracy) by cost. - marked: {name: (cost, accuracy)}. - label: the cost's unit.
    """
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    for fate, color in (("stopped", "lightgray"), ("finished", "tab:blue")):
        chosen = [(cost, 100 * right) for cost, right, what in points if what == fate]
        if chosen:
            axes.scatter(*zip(*chosen), s=14, color=color, label=f"{fate}: {len(chosen)} trials", zorder=2)
    axes.step([cost for cost, _ in front], [100 * right for _, right in front], where="post", color="tab:blue", linewidth=1,
              label="Pareto front", zorder=1)
    for (name, (cost, right)), marker, color in zip(marked.items(), "sD", ("tab:orange", "tab:red")):
        axes.scatter([cost], [100 * right], s=70, marker=marker, facecolors="none", edgecolors=color, linewidths=1.8, label=name, zorder=3)
    axes.axvline(within, color="gray", linestyle=":", linewidth=1, label="limit")
    axes.set_xscale("log")
    axes.set_xlabel(f"predicted cost of one inference, {label}")
    axes.set_ylabel("right, mean of folds without the test part, %")
    rights = [100 * right for _, right, what in points if what != "too costly"]
    if rights:
        axes.set_ylim(max(min(rights), max(rights) - 20) - 1, max(rights) + 1)
    axes.legend(fontsize=8, loc="lower right")
    axes.grid(True, which="both", linewidth=0.3, zorder=0)
    return _svg(figure)


def _svg(figure):
    """Its bytes, the same for the same figure."""
    figure.tight_layout()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    return buffer.getvalue()
