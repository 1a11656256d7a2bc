"""The end of a search: the network chosen and the one made by hand, trained with the same seeds, scored and measured."""

import statistics
import sys
import tempfile
import time
import types

import torch

from factory import export, made, nests, places, plots
from factory.failure import Failure
from factory.integers import IntegerNetwork
from factory.measuring import runs_for
from factory.network import Network
from factory.recipes import grids_of
from factory.run_folder import MODEL
from factory.table import cost_of
from factory.teachers import classification_loss
from factory.training import Schedule, Trainer, accuracy_of
from factory.trials import NoFolder

HAND, CHOSEN = "by hand", "chosen"
# Rounds of a time; the least counts.
ROUNDS = 8


def compare(search):
    """Trains both from scratch on the training part, seed by seed, stops by the validation part, and only then opens the test part."""
    trial = search.chosen()
    plans = {HAND: search.hand, CHOSEN: search.plan_of(trial)}
    trained = {who: [_trained(search, who, plan, seed) for seed in range(search.options.seeds)] for who, plan in plans.items()}
    place, measured = _measured(search, plans)
    sides = {}
    for who, plan in plans.items():
        predicted = search.table.predicted(plan, search.form)
        known = search.known.get(str(plan.as_json()), {"fate": "not tried"})
        folds = known["accuracy"] if known["fate"] == "finished" else None
        sides[who] = {"folds": folds, "parameters": plan.parameters(), "products": plan.products(), "predicted": vars(predicted),
                      "measured": measured[who],
                      **{name: [one[name] for one in trained[who]] for name in ("validation", "float", "int8")}}
    best = max(range(search.options.seeds), key=lambda seed: (trained[CHOSEN][seed]["validation"], -seed))
    validation, right = trained[CHOSEN][best]["validation"], statistics.fmean(sides[CHOSEN][search.form])
    result = {"sides": sides, "accuracy": {"validation": validation, "test": right}, "unit": search.table.unit, "on": search.table.on,
              "form": search.form, "within": search.within, "parameters": plans[CHOSEN].parameters(), "epochs": search.options.final_epochs,
              "products": plans[CHOSEN].products(), "best": best, "plan": plans[CHOSEN].as_json(), "choice": trial.params,
              "trials": _fates(search), "gain": _gain(sides, search.form),
              "final seconds": sum(one.get("seconds", 0) for ones in trained.values() for one in ones)}
    return result | _models(search, plans[CHOSEN], best, place)


def _gain(sides, form):
    """Points of accuracy, the mean over seeds, and the share of cost that is saved (of what was measured, where it was)."""
    right = {who: statistics.fmean(side[form]) for who, side in sides.items()}
    costs = {who: side["measured"]["cost"] if side["measured"] else side["predicted"]["cost"] for who, side in sides.items()}
    return {"points": 100 * (right[CHOSEN] - right[HAND]), "cost": 1 - costs[CHOSEN] / costs[HAND]}


def _fates(search):
    """How many different networks came to what."""
    fates = [trial.user_attrs["fate"] for trial in search.trained()]
    return {fate: fates.count(fate) for fate in sorted(set(fates))}


def _trained(search, who, plan, seed):
    """One training from scratch; what was trained before an interruption is taken as it is."""
    name, data, options = f"{who.replace(' ', '-')}-{seed}.pt", search.data, search.options
    known = search.folder.load_torch(name)
    if known is not None and known["plan"] == plan.as_json():
        return known
    if not options.quiet:
        print(f"{who}, seed {seed}", file=sys.stderr, flush=True)
    started = time.monotonic()
    torch.manual_seed(seed)
    schedule = Schedule(options.final_epochs, options.batch, options.rate, seed, options.patience, options.half, options.flips)
    trainer = Trainer(Network(plan).to(memory_format=torch.channels_last), data, schedule, NoFolder(), classification_loss, quiet=True)
    network = trainer.run().eval()
    rounded = _rounded(network, data, seed)
    found = {"plan": plan.as_json(), "state": network.state_dict(), "classes": data.classes, "validation": trainer.best,
             "float": accuracy_of(network, data, "test"), "int8": accuracy_of(rounded, data, "test")}
    found["seconds"] = round(time.monotonic() - started, 1)
    search.folder.save_torch(name, found)
    return found


def _rounded(network, data, seed):
    weights = network.folded()
    return IntegerNetwork(network.plan, weights, grids_of(network.plan, weights, data, types.SimpleNamespace(seed=seed, quiet=True)))


def _place(search):
    """Where the table was measured. Throws Failure where it can't be asked now, or isn't what it was."""
    place = places.parse(search.table.on, search.options.binary, search.options.copy)
    if place.identity() != search.table.fields["place"]:
        raise Failure(f"{search.table.on}: another swiftlet, or another machine, than the table was made with")
    return place


def _measured(search, plans):
    """(the table's place, {who: what it says}); None, also in place of each answer, where it can't be asked now."""
    measured = {who: {"cost": []} for who in plans}
    try:
        place = _place(search)
        with tempfile.TemporaryDirectory() as folder:
            files = {who: made.nest(plan, search.form, folder, who.replace(" ", "-")) for who, plan in plans.items()}
            for _ in range(1 if place.deterministic else ROUNDS):
                for who, file in files.items():
                    found = place.measure(file, runs_for(plans[who], place))
                    measured[who] = found | {"cost": [*measured[who]["cost"], found["cost"]]}
    except Failure as failure:
        print(f"factory: not measured: {failure}", file=sys.stderr)
        return None, dict.fromkeys(plans)
    return place, {who: found | {"cost": cost_of(found)} for who, found in measured.items()}


def _models(search, plan, best, place):
    """ONNX and nests, float and int8, of the seed that validation liked best."""
    folder, data = search.folder, search.data
    state = folder.load_torch(f"{CHOSEN}-{best}.pt")
    network = Network(plan)
    network.load_state_dict(state["state"])
    network.eval()
    folder.save_torch(MODEL, {name: state[name] for name in ("plan", "state", "classes")})
    sources = {"float": folder.save("model.onnx", export.float_model(plan, network.folded())),
               "int8": folder.save("int8.onnx", export.integer_model(_rounded(network, data, best)))}
    found = {}
    for form, source in sources.items():
        nest = folder.path / f"{form}.nest"
        found[form] = nests.finished(source, nest, f"{search.options.name}-{form}", data, state[form], place)
    return {"nests": found}


def write(search, result):
    """The plot and the card."""
    points = [(trial.values[1], trial.values[0], trial.user_attrs["fate"]) for trial in search.trained()]
    front = [(trial.values[1], trial.values[0]) for trial in search.pareto()]
    marked = {}
    for name, plan in ((HAND, search.hand), (CHOSEN, search.plan_of(search.chosen()))):
        known = search.known.get(str(plan.as_json()))
        if known and known["fate"] != "too costly":
            marked[name] = (search.table.predicted(plan, search.form).cost, known["accuracy"])
    search.folder.save("pareto.svg", plots.pareto(points, front, marked, search.within, f"{search.table.unit}, {search.table.on}"))
    search.folder.save("card.md", _card(search, result).encode())


def _card(search, result):
    lines = [f"# {search.options.name}",
             f"Made by `factory search` over the cost table `{search.table.path.name}` ({result['on']}, {result['form']}): of networks "
             f"that cost at most {result['within']:.4g} {result['unit']}, the cheapest that is at most {search.options.slack:g} points "
             f"less right than the best, by {search.options.folds} folds without the test part.", "",
             "| network | right by folds | right on the test part, mean of seeds | each seed | predicted | measured | parameters |",
             "|" + " --- |" * 7]
    for who, side in result["sides"].items():
        scores = side[result["form"]]
        measured = f"{side['measured']['cost']:.4g}" if side["measured"] else "not measured"
        folds = "not to the end" if side["folds"] is None else f"{100 * side['folds']:.2f} %"
        lines.append(f"| {who} | {folds} | {100 * statistics.fmean(scores):.2f} % | {', '.join(f'{100 * one:.1f}' for one in scores)} | "
                     f"{side['predicted']['cost']:.4g} | {measured} | {side['parameters']} |")
    lines += ["", "![accuracy and cost of all trials](pareto.svg)", "",
              "Accuracy holds for data like that which it was measured on, and for nothing else.", "",
              "Trials are in `trials.log` (optuna's journal), all numbers in `result.json`.", ""]
    return "\n".join(lines)
