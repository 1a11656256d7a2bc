"""Tables of runs: what each recipe gained and cost, beside what it started from."""

import json
import pathlib
import statistics
import sys

from factory import nests, report_costs, whole_file
from factory.table import Table, summary
from factory.failure import Failure
from factory.markdown import table
from factory.run_folder import OPTIONS, RESULT

# What may differ between a student with a teacher and the same student without one.
TEACHING = {"command", "teacher", "temperature", "share", "unlabelled", "name"}


class Run:
    """A finished run's options and result."""

    def __init__(self, path):
        self.path = pathlib.Path(path).resolve()
        try:
            self.options = json.loads((self.path / OPTIONS).read_text())
            self.result = json.loads((self.path / RESULT).read_text())
            self.command, self.test = self.result["command"], 100 * self.result["accuracy"]["test"]
        except (OSError, ValueError, KeyError) as error:
            raise Failure(f"{path}: no finished run: {error}") from None

    def count(self, kind):
        """Has the instructions of one inference of a nest counted, {core: number}; kept in the run's folder, as that takes a while."""
        kept, nest = self.path / f"{kind}.instructions.json", self.path / f"{kind}.nest"
        if not kept.exists():
            said = nests.call(sys.executable, nests.ROOT / "bench/nest-instructions.py", nest)
            kept.write_text(json.dumps(json.loads(said)["instructions"]) + "\n")
        return json.loads(kept.read_text())

    def value(self, *names):
        found = self.result
        for name in names:
            if name not in found:
                return None
            found = found[name]
        return found


def runs_in(paths):
    """The finished runs among folders; what isn't one is said and left out."""
    found = []
    for path in paths:
        if (pathlib.Path(path) / RESULT).exists():
            found.append(Run(path))
        else:
            print(f"factory: {path}: left out, no finished run", file=sys.stderr)
    if not found:
        raise Failure("no finished runs")
    return found


def _listed(runs):
    rows = []
    for run in runs:
        kind = run.options.get("family")
        source = pathlib.Path(run.options.get("base", run.options.get("table", ""))).name
        what = f"{kind}, width {run.options['width']}" if kind else f"of {source}"
        numbers = [run.result["examples"]["train"], run.result["epochs"], run.result["seed"]]
        minutes = f"{run.result['seconds'] / 60:.1f} min"
        rows.append([run.path.name, run.command, what, *map(str, numbers), f"{run.test:.2f} %", f"{run.result['parameters']}", minutes])
    return table(["run", "recipe", "network", "examples", "epochs", "seed", "right on test", "parameters", "took"], rows)


def _gained(differences):
    """The mean over seeds, said with their number."""
    mean = statistics.mean(differences)
    if len(differences) == 1:
        return f"{mean:+.2f} points (one seed)"
    return f"{mean:+.2f} ± {statistics.stdev(differences):.2f} points ({len(differences)} seeds)"


def _distilled(runs):
    rows, pairs = [], {}
    for run in runs:
        if run.command != "distil":
            continue
        same = {name: value for name, value in run.options.items() if name not in TEACHING}
        for other in runs:
            if other.command == "train" and {name: value for name, value in other.options.items() if name not in TEACHING} == same:
                key = json.dumps({**same, "seed": 0, "teachers": len(run.options["teacher"])}, sort_keys=True)
                pairs.setdefault(key, []).append((other, run))
    for found in pairs.values():
        without, taught = (statistics.mean(run.test for run in side) for side in zip(*found))
        options = found[0][0].options
        rows.append([f"{options['family']}, width {options['width']}, {options['epochs']} epochs", f"{without:.2f} %", f"{taught:.2f} %",
                     _gained([after.test - before.test for before, after in found])])
    return rows and table(["distillation: student", "without teacher", "with", "gained"], rows)


def _fewer(before, after):
    """Of two runs' or nests' counts by core: how many times fewer."""
    return ", ".join(f"{core.removeprefix('cortex-').upper()} {before[core] / after[core]:.2f}×" for core in before)


def _ratio(before, after):
    return f"{before / after:.2f}×" if before and after else "not measured"


def _pruned(runs, counts):
    by_path, rows = {str(run.path): run for run in runs}, []
    for run in runs:
        base = by_path.get(str(pathlib.Path(run.options.get("base", "")).resolve()))
        if run.command == "prune" and base:
            rows.append([run.path.name, f"{base.result['parameters']} → {run.result['parameters']} "
                         f"({_ratio(base.result['parameters'], run.result['parameters'])} fewer)",
                         f"{base.test:.2f} % → {run.test:.2f} %", _gained([run.test - base.test]),
                         _ratio(base.result["products"], run.result["products"]),
                         _ratio(*(one.value("nests", "float", "milliseconds") for one in (base, run))),
                         *([_fewer(base.count("float"), run.count("float"))] if counts else [])])
    head = ["pruning", "parameters", "right on test", "difference", "multiplications less", "time less, float, x86-64"]
    return rows and table(head + ["instructions less, float"] * counts, rows)


def _quantised(runs, counts):
    rows = []
    for run in runs:
        if run.command != "quantise":
            continue
        float_test, rounded = (100 * run.value(*names) for names in (("base", "accuracy", "test"), ("untrained", "test")))
        same = run.value("agreement")
        sizes = [run.value("nests", kind, "bytes") for kind in ("float", "int8")]
        rows.append([run.path.name, f"{float_test:.2f} %", f"{rounded:.2f} %", f"{run.test:.2f} % ({run.test - float_test:+.2f} points)",
                     f"{100 * (sizes[1] / sizes[0] - 1):.1f} %" if all(sizes) else "not measured",
                     _ratio(*(run.value("nests", kind, "milliseconds") for kind in ("float", "int8"))),
                     f"{same['equal']} of {same['integers']} ({same['inputs']} inputs)" if same else "not compared",
                     *([_fewer(run.count("float"), run.count("int8"))] if counts else [])])
    head = ["int8", "float", "rounded only", "trained (to float)", "size", "time less, x86-64", "integers of the nest as in training"]
    return rows and table(head + ["instructions less"] * counts, rows)


def _sorted_out(paths):
    """(runs, cost tables) of folders and files."""
    files = [path for path in paths if pathlib.Path(path).is_file()]
    tables, folders = [Table.read(path) for path in files], [path for path in paths if path not in files]
    return runs_in(folders) if folders or not tables else [], tables


def text(paths, counts=False, notes=()):
    """The whole report, Markdown.

    `paths`: run folders and cost tables. `counts`: with instructions of ARM cores. `notes`: what a reader has to know of the data.
    """
    runs, tables = _sorted_out(paths)
    parts = ["# Results of the model factory", "Made by `factory report` from run folders. No choice was made by a test part, "
             "but some recipes were run more than once; "
             "where one seed is all there is, differences of less than about a point may be chance. "
             "Times are medians of 200 inferences on one thread of the machine that ran this."]
    parts += notes
    parts += [part for part in (_distilled(runs), _pruned(runs, counts), _quantised(runs, counts)) if part]
    parts += [part for part in (report_costs.tables(tables), report_costs.searches(runs)) if part]
    if runs:
        parts.append(_listed(runs))
    return "\n\n".join(parts) + "\n"


def write(options):
    """Shows the report, or writes it whole."""
    if options.json:
        runs, tables = _sorted_out(options.runs)
        found = [{"run": run.path.name, **run.result} for run in runs]
        found += [{"table": one.path.name, "place": one.fields["place"], "errors": summary(one)} for one in tables]
        print(json.dumps(found, sort_keys=True))
        return 0
    said = text(options.runs, options.instructions, options.note)
    if not options.output:
        print(said, end="")
        return 0
    whole_file.write(options.output, said)
    return 0
