"""Tables of cost tables and of searches, for `factory report`."""

import statistics

from factory import table as cost_table
from factory.markdown import table


def _percent(share):
    return f"{100 * share:.0f} %"


def tables(found):
    """How far off the predictions of cost tables are, a row a form."""
    rows = []
    for one in found:
        for form, errors in cost_table.summary(one).items():
            entries = one.checked(form)
            weights, arena = (max(abs(entry["predicted"][name] / entry[name] - 1) for entry in entries) for name in ("weights", "arena"))
            rows.append([one.path.name, f"{one.fields['family']}, {one.on}, {form}", one.unit, str(len(one.networks[form])),
                         str(errors["networks"]), _percent(errors["within10"]), _percent(errors["within5"]),
                         f"{errors['factor']:.3f}",
                         f"{100 * errors['median']:.2f} %", f"{100 * errors['at90']:.2f} %", f"{100 * errors['largest']:.2f} %",
                         f"{100 * weights:.1f} %, {100 * arena:.1f} %"])
    head = ["cost table", "space, place, form", "unit", "networks measured for it", "whole networks predicted", "within 10 %", "within 5 %",
            "factor", "median error", "nine of ten below", "largest", "largest error of weights' bytes, of the arena"]
    return rows and table(head, rows)


def searches(runs):
    """The network that a search chose beside the one made by hand, both trained with the same seeds."""
    rows = []
    for run in runs:
        if run.command != "search":
            continue
        result, form = run.result, run.result["form"]
        hand, chosen = result["sides"]["by hand"], result["sides"]["chosen"]
        right = [_right(side[form]) for side in (hand, chosen)]
        costs = [f"{side['measured']['cost']:.4g}" if side["measured"] else "not measured" for side in (hand, chosen)]
        sizes = [f"{side['measured']['weights']}" if side["measured"] else "not measured" for side in (hand, chosen)]
        folds = ["not to the end" if side["folds"] is None else f"{100 * side['folds']:.2f} %" for side in (hand, chosen)]
        trials = ", ".join(f"{count} {fate}" for fate, count in result["trials"].items())
        rows.append([run.path.name, f"{result['on']}, {form}", trials, " → ".join(folds), " → ".join(right),
                     f"{result['gain']['points']:+.2f} points",
                     " → ".join(costs) + f" {result['unit']}", f"{-100 * result['gain']['cost']:+.0f} %",
                     f"{chosen['predicted']['cost']:.4g}", " → ".join(sizes)])
    head = ["search", "place, form", "networks tried", "right by folds, by hand → chosen", "right on test, by hand → chosen", "difference",
            "cost measured, by hand → chosen", "difference", "predicted", "weights' bytes"]
    return rows and table(head, rows)


def _right(shares):
    spread = f" ± {100 * statistics.stdev(shares):.2f}" if len(shares) > 1 else ""
    return f"{100 * statistics.fmean(shares):.2f}{spread} % ({len(shares)} seeds)"
