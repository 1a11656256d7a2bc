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
    figure.tight_layout()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    pyplot.close(figure)
    return buffer.getvalue()
