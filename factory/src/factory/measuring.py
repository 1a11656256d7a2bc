"""`factory table`: measures every part of a search space, then whole networks that aren't in the table, to know its error."""

import pathlib
import sys
import tempfile

from tqdm import tqdm

from factory import data as examples
from factory import made, places, spaces, table
from factory.failure import Failure

# Measured networks between two times that the table is written.
KEPT_EVERY = 20
# Multiplications that the runs of one measurement are about, and the fewest and most runs.
WORK, FEWEST, MOST = 20_000_000, 20, 200
# Whole networks that a table is checked on are drawn with seeds from here on; `search` draws others.
CHECKS = 1_000_000


def runs_for(plan):
    """How many inferences one measurement has."""
    return max(FEWEST, min(MOST, WORK // max(1, plan.products())))


def run(options):
    """Measures what the table lacks; gives the result."""
    place = places.parse(options.on, options.binary)
    whole = _opened(options, place)
    rounds = 1 if place.deterministic else options.rounds
    try:
        for number in range(1, rounds + 1):
            for form in options.forms:
                _measure(whole, place, form, number, options)
        _check(whole, place, rounds, options)
    except (Failure, KeyboardInterrupt) as reason:
        whole.save()
        kept = sum(len(entries) for entries in whole.networks.values())
        if isinstance(reason, places.Gone):
            raise Failure(f"{reason}; {kept} networks measured are kept in {whole.path}, the same command goes on") from None
        raise
    whole.save()
    return {"table": str(whole.path), "place": whole.fields["place"], "unit": whole.unit, "errors": table.summary(whole),
            "networks": {form: len(entries) for form, entries in whole.networks.items()}}


def _opened(options, place):
    """The table so far, or a new one. Throws Failure where one of that name is of something else."""
    path, identity = pathlib.Path(options.output), place.identity()
    if not path.parent.is_dir():
        raise Failure(f"{path.parent}: there is no such folder")
    data = examples.load(options.data, options.person)
    spaces.space(options.family, data.shape, len(data.classes))
    new = table.Table.new(path, options.family, data.shape, len(data.classes), identity, place.unit)
    if not path.exists():
        return new
    old = table.Table.read(path)
    for name in ("family", "shape", "classes", "place"):
        if old.fields[name] != new.fields[name]:
            raise Failure(f"{path} is a table of another {name}: {old.fields[name]}, not {new.fields[name]}; name another one with -o")
    return old


def _networks(space):
    """{name: plan} of all that is measured, what is measured against among it."""
    found = {}
    for part in space.parts():
        if part.base:
            found.setdefault(part.base, part.base_network)
        found[part.name] = part.network
    return found


def _measure(whole, place, form, number, options):
    """One round: each network that has fewer numbers than this round's gets one."""
    entries = whole.networks.setdefault(form, {})
    waiting = {name: plan for name, plan in _networks(whole.space).items() if len(entries.get(name, {"cost": []})["cost"]) < number}
    label = f"{form}, round {number}"
    with tempfile.TemporaryDirectory() as folder:
        hidden = options.quiet or not sys.stderr.isatty()
        for index, (name, plan) in enumerate(tqdm(waiting.items(), label, leave=False, disable=hidden)):
            _add(entries, name, measured(plan(), form, place, folder))
            if index % KEPT_EVERY == KEPT_EVERY - 1:
                whole.save()
    whole.grids.clear()


def measured(plan, form, place, folder):
    """{"cost", "arena", "weights"} of a plan that nobody trained."""
    return place.measure(made.nest(plan, form, folder), runs_for(plan))


def _add(entries, name, found):
    entry = entries.setdefault(name, {"cost": []})
    entries[name] = {"cost": [*entry["cost"], found["cost"]], "arena": found["arena"], "weights": found["weights"]}


def _check(whole, place, rounds, options):
    """Measures whole networks drawn at random, and notes what was predicted for them."""
    space, done = whole.space, {(entry["form"], entry["seed"]): entry for entry in whole.checks}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(1, rounds + 1):
            for form in options.forms:
                for seed in range(CHECKS, CHECKS + options.check):
                    plan, entry = space.plan(space.draw(seed)), done.get((form, seed), {"form": form, "seed": seed, "cost": []})
                    if len(entry["cost"]) < number:
                        found = measured(plan, form, place, folder)
                        entry |= {"cost": [*entry["cost"], found["cost"]], "arena": found["arena"], "weights": found["weights"]}
                        done[(form, seed)] = entry
                        whole.checks[:] = done.values()
                    entry["predicted"] = vars(whole.predicted(plan, form))
