"""The recipes: train, distil, prune, quantise. Each makes one run folder with model, ONNX, nest, log, plot and card."""

import pathlib
import sys
import time

import torch
from tqdm import tqdm

from factory import card, export, families, nests
from factory import data as examples
from factory.failure import Failure
from factory.grids import Grid, Ranges, real_values
from factory.integers import IntegerNetwork
from factory.network import Network
from factory.pruning import Pruner
from factory.run_folder import MODEL, RESULT, RunFolder
from factory.teachers import DistillationLoss, Teachers, classification_loss, network_of
from factory.training import Schedule, Trainer, accuracy_of

# What says where a run lies and how it talks, but not what it computes.
PLACES = ("output", "json", "quiet", "run")


def run(options):
    """Carries out `options.command`; gives the result that its folder now has."""
    torch.set_num_threads(options.threads)
    kept = {name: value for name, value in vars(options).items() if name not in PLACES}
    if (pathlib.Path(options.output) / RESULT).exists():
        return RunFolder(options.output, kept).result
    # Before the folder is made: what can't be read leaves nothing behind.
    data = examples.load(options.data, options.person, options.limit)
    folder = RunFolder(options.output, kept)
    for note in data.notes[:5]:
        print(f"factory: {note}", file=sys.stderr)
    if len(data.notes) > 5:
        print(f"factory: and {len(data.notes) - 5} more such notes; they are in the model card", file=sys.stderr)
    started = time.monotonic()
    recipe = {"train": _train, "distil": _distil, "prune": _prune, "quantise": _quantise}[options.command]
    result = recipe(options, data, folder)
    result |= {"command": options.command, "name": options.name, "seed": options.seed, "data": str(options.data),
               "examples": {part: len(values) for part, values in data.x.items()}, "seconds": round(time.monotonic() - started, 1)}
    _finish(options, data, folder, result)
    return result


def _schedule(options, **changes):
    # Windows have no mirror image of the same class, neither have digits and letters.
    fields = {"epochs": options.epochs, "batch": options.batch, "rate": options.rate, "seed": options.seed, "patience": options.patience,
              "half": options.half, "flips": options.flips}
    return Schedule(**fields | changes)


def _new(options, data):
    torch.manual_seed(options.seed)
    return Network(families.build(options.family, data.shape, len(data.classes), options.width)).to(memory_format=torch.channels_last)


def _train(options, data, folder):
    trainer = Trainer(_new(options, data), data, _schedule(options), folder, classification_loss, quiet=options.quiet)
    return _float_result(trainer.run(), trainer, data, folder, options)


def _distil(options, data, folder):
    loss = DistillationLoss(Teachers(options.teacher, data.shape, data.classes), options.temperature, 1.0 if options.unlabelled
                            else options.share)
    trainer = Trainer(_new(options, data), data, _schedule(options), folder, loss, quiet=options.quiet)
    result = _float_result(trainer.run(), trainer, data, folder, options)
    return result | {"teachers": [str(source) for source in options.teacher]}


def _prune(options, data, folder):
    base, classes = network_of(options.base)
    _require_same(options.base, base, classes, data)
    before = base.plan.parameters()
    pruner = Pruner(before, options.keep, options.epochs)
    if pruner.last >= options.epochs:
        raise Failure(f"--epochs {options.epochs}: pruning takes half of them, the rest heals; at least 2 are needed")
    loss = DistillationLoss(Teachers([options.base], data.shape, data.classes), options.temperature, options.share)
    trainer = Trainer(base, data, _schedule(options), folder, loss, pruner, first_choice=pruner.last, quiet=options.quiet)
    result = _float_result(trainer.run(), trainer, data, folder, options)
    return result | {"base": {"run": str(options.base), "parameters": before}}


def _require_same(run, network, classes, data):
    count = network.plan.nodes[-1].channels
    if (classes or data.classes) != data.classes or count != len(data.classes) or tuple(network.plan.input_shape) != data.shape:
        raise Failure(f"{run}: it was trained on other classes, or on inputs of another shape")


def _float_result(network, trainer, data, folder, options):
    network.eval()
    plan, weights = network.plan, network.folded()
    folder.save_torch(MODEL, {"plan": plan.as_json(), "state": network.state_dict(), "classes": data.classes})
    file = folder.save("model.onnx", export.float_model(plan, weights))
    result = {"parameters": plan.parameters(), "products": plan.products(), "epochs": trainer.epoch,
              "accuracy": {"validation": trainer.best, "test": accuracy_of(network, data, "test")}}
    return result | _nests(folder, {"float": file}, {"float": result["accuracy"]["test"]}, data, options)


def _nests(folder, files, right, data, options):
    """Compiles ONNX files and measures the nests; nothing where there is no compiler here, which is said. `right`: their accuracy."""
    found = {}
    for name, file in files.items():
        nest = folder.path / f"{name}.nest"
        try:
            found[name] = nests.finished(file, nest, f"{options.name}-{name}", data, right[name])
        except Failure as failure:
            if "is missing" not in str(failure):
                raise
            print(f"factory: no nest: {failure}", file=sys.stderr)
            return {}
    return {"nests": found}


def _quantise(options, data, folder):
    base, classes = network_of(options.base)
    _require_same(options.base, base, classes, data)
    plan, weights = base.plan, base.folded()
    network = IntegerNetwork(plan, weights, grids_of(plan, weights, data, options))
    before = {part: accuracy_of(base, data, part) for part in ("validation", "test")}
    untrained = {"validation": accuracy_of(network, data, "validation"), "test": accuracy_of(network, data, "test")}
    loss = DistillationLoss(Teachers([options.base], data.shape, data.classes), options.temperature, options.share)
    # No halves: sums have to be exact.
    schedule = _schedule(options, half=False, decay=0.0, average=0.99, adaptive=True)
    trainer = Trainer(network, data, schedule, folder, loss, quiet=options.quiet)
    # Where no epoch is better than rounding alone, that is the result.
    trainer.best = untrained["validation"]
    chosen = trainer.run().eval()
    accuracy = {"validation": trainer.best, "test": accuracy_of(chosen, data, "test")}
    folder.save_torch("integers.pt", {"plan": plan.as_json(), "state": chosen.state_dict(), "classes": data.classes,
                                      "grids": {name: [grid.scale, grid.zero] for name, grid in chosen.grids.items()}})
    files = {"float": folder.save("float.onnx", export.float_model(plan, weights)),
             "int8": folder.save("model.onnx", export.integer_model(chosen))}
    result = {"parameters": plan.parameters(), "products": plan.products(), "epochs": trainer.epoch, "accuracy": accuracy,
              "base": {"run": str(options.base), "accuracy": before}, "untrained": untrained}
    result |= _nests(folder, files, {"float": before["test"], "int8": accuracy["test"]}, data, options)
    if "nests" in result:
        inputs = data.real(data.x["test"][:1000])
        result["agreement"] = nests.agreement(folder.path / "int8.nest", chosen, inputs)
    return result


def grids_of(plan, weights, data, options):
    """Ranges over some batches of what training sees, unchanged."""
    ranges = Ranges()
    chosen = torch.randperm(len(data.x["train"]), generator=torch.Generator().manual_seed(options.seed))[:2048]
    with torch.no_grad():
        for batch in tqdm(chosen.split(128), "ranges", leave=False, disable=options.quiet or not sys.stderr.isatty()):
            ranges.add(real_values(plan, weights, data.real(data.x["train"][batch])))
    pixels = Grid(1 / examples.PIXEL_DEVIATION, examples.PIXEL_MEAN - 128) if data.kind == "pictures" else None
    return ranges.grids(pixels)


def _finish(options, data, folder, result):
    from factory import plots

    if (entries := folder.entries()):
        folder.save("course.svg", plots.course(entries))
    folder.save("card.md", card.text(vars(options), result, data).encode())
    # Last: a run that has a result is whole.
    folder.save_json(RESULT, result)
