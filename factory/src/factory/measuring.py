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
# Multiplications that the runs of one measurement are about, and the fewest and most runs: of a count, of a time.
COUNTED, TIMED = (20_000_000, 2, 200), (60_000_000, 20, 1000)


def runs_for(plan, place):
    """How many inferences one measurement has."""
    work, fewest, most = COUNTED if place.deterministic else TIMED
    return max(fewest, min(most, work // max(1, plan.products())))


class Nests:
    """Nests of plans that nobody trained, compiled once: no compiler runs while times are measured."""

    def __init__(self, folder):
        self.folder, self.known = pathlib.Path(folder), {}

    def path(self, plan, form, key):
        """The nest of a plan in a form; `key` names the plan."""
        if (form, key) not in self.known:
            self.known[(form, key)] = made.nest(plan, form, self.folder, f"{len(self.known)}")
        return self.known[(form, key)]


def run(options):
    """Measures what the table lacks; gives the result."""
    place = places.parse(options.on, options.binary, options.copy)
    whole = _opened(options, place)
    try:
        with tempfile.TemporaryDirectory() as folder:
            _complete(whole, place, Nests(folder), options)
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
            found.setdefault(part.base, part.base_network())
        found[part.name] = part.network()
    return found


def _complete(whole, place, nests, options):
    """Round after round, parts and whole networks in turn, so that a machine's slow minutes are in one number of many."""
    rounds = 1 if place.deterministic else options.rounds
    checks = _checks(whole, options)
    plans = _networks(whole.space)
    for number in range(1, rounds + 1):
        if number == 1 and not place.deterministic:
            _compile(whole, plans, checks, rounds, nests, options)
        for form in options.forms:
            entries = whole.networks.setdefault(form, {})
            waiting = [(entries.setdefault(name, {"cost": []}), plan, form, name) for name, plan in plans.items()]
            waiting += [(entry, plan, form, entry["seed"]) for entry, plan in checks if entry["form"] == form]
            try:
                _measure(whole, waiting, number, place, nests, options)
            finally:
                for name in [name for name, entry in entries.items() if not entry["cost"]]:
                    del entries[name]
                whole.checks[:] = [entry for entry, _ in checks if entry["cost"]]
    for entry, plan in checks:
        entry["predicted"] = vars(whole.predicted(plan, entry["form"]))


def _checks(whole, options):
    """[(entry, plan)] of whole networks drawn at random: those that the table has, and what is missing."""
    done = {(entry["form"], entry["seed"]): entry for entry in whole.checks}
    for form in options.forms:
        for seed in range(table.FACTOR_SEEDS.start, table.FACTOR_SEEDS.stop + options.check) if options.check > 0 else ():
            done.setdefault((form, seed), {"form": form, "seed": seed, "cost": []})
    return [(entry, whole.space.plan(whole.space.draw(entry["seed"]))) for entry in done.values()]


def _compile(whole, plans, checks, rounds, nests, options):
    wanted = [(plan, form, name) for form in options.forms for name, plan in plans.items()
              if len(whole.networks.get(form, {}).get(name, {"cost": []})["cost"]) < rounds]
    wanted += [(plan, entry["form"], entry["seed"]) for entry, plan in checks if len(entry["cost"]) < rounds]
    for plan, form, name in tqdm(wanted, "compiling", leave=False, disable=_is_hidden(options)):
        nests.path(plan, form, name)
    if not options.quiet and wanted:
        print(f"compiled {len(wanted)} networks; now they are measured", file=sys.stderr, flush=True)


def _measure(whole, waiting, number, place, nests, options):
    """Each entry that has fewer numbers than this round's gets one."""
    waiting = [wanted for wanted in waiting if len(wanted[0]["cost"]) < number]
    for index, (entry, plan, form, key) in enumerate(tqdm(waiting, f"round {number}", leave=False, disable=_is_hidden(options))):
        found = place.measure(nests.path(plan, form, key), runs_for(plan, place))
        entry |= {"cost": [*entry["cost"], found["cost"]], "arena": found["arena"], "weights": found["weights"]}
        if index % KEPT_EVERY == KEPT_EVERY - 1:
            _keep(whole)
    whole.forget()


def _keep(whole):
    """Writes the table without what isn't measured yet."""
    fields = whole.fields | {"networks": {form: {name: entry for name, entry in entries.items() if entry["cost"]}
                                          for form, entries in whole.networks.items()}}
    table.Table(whole.path, fields).save()


def _is_hidden(options):
    return options.quiet or not sys.stderr.isatty()
