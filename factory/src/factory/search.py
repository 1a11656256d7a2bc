"""`factory search`: networks of a space that are right and cheap on a board, by a cost table of that board.

Two objectives, accuracy and predicted cost, sampled by optuna's TPE (Bergstra et al. 2011; several objectives: Ozaki et al. 2020).
Accuracy is the mean over folds of training and validation parts. The test part is touched once, at the end, by the networks chosen.
"""

import math
import re
import sys
import time

import optuna
import torch
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from factory import data as examples
from factory import spaces, trials
from factory.failure import Failure
from factory.folds import folds
from factory.run_folder import RESULT, RunFolder
from factory.table import Table
from factory.training import Diverged

STORAGE = "trials.log"
PLACES = ("output", "json", "quiet", "trials", "minutes", "binary", "copy")
UNITS = {"ms": "milliseconds", "s": "milliseconds", "instructions": "instructions"}
# How many trials are drawn at random before what is known of others decides.
RANDOM_TRIALS = 40
# Networks drawn for each one that is to be trained, at most: most random ones cost too much.
MOST_DRAWN = 30


def limit(text, unit):
    """A cost such as 1.5ms or 2e6-instructions, in a table's unit."""
    match = re.fullmatch(r"([0-9.]+(?:e[0-9]+)?)-?(ms|s|instructions)", text)
    try:
        value = float(match.group(1)) * (1000 if match.group(2) == "s" else 1)
    except (AttributeError, ValueError):
        raise Failure(f"--within {text}: a cost such as 1.5ms or 2e6-instructions is expected") from None
    if UNITS[match.group(2)] != unit:
        raise Failure(f"--within {text}: the table is of {unit}")
    if not 0 < value < math.inf:
        raise Failure(f"--within {text}: more than nothing is needed")
    return value


class Search:
    """The trials of a run folder; the same command goes on with them."""

    def __init__(self, options, data, table, folder):
        self.options, self.data, self.table, self.folder = options, data, table, folder
        self.space, self.form = table.space, options.form
        if (self.space.shape, self.space.classes) != (data.shape, len(data.classes)):
            raise Failure(f"{table.path} is of inputs {self.space.shape} and {self.space.classes} classes, the data of {data.shape} and "
                          f"{len(data.classes)}")
        self.by_hand = by_hand = self.space.by_hand()
        self.hand = self.space.plan(self.space.sample(lambda name, _: by_hand[name]))
        self.hand_cost = table.predicted(self.hand, self.form)
        self.within = limit(options.within, table.unit) if options.within else self.hand_cost.cost
        self.folds = folds(data, options.folds)
        self.race, self.known = trials.Race(), {}
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        storage = JournalStorage(JournalFileBackend(str(folder.path / STORAGE)))
        self.study = optuna.create_study(storage=storage, study_name="search", directions=["maximize", "minimize"], load_if_exists=True)

    def run(self):
        """Trials until the budget is spent."""
        for trial in self.study.trials:
            if trial.state == TrialState.RUNNING:
                # Interrupted; it isn't counted and its network may be drawn again.
                self.study.tell(trial.number, state=TrialState.FAIL)
            elif trial.state == TrialState.COMPLETE:
                self._remember(trial.user_attrs)
        if not self.study.get_trials(states=(TrialState.COMPLETE, TrialState.WAITING)):
            self.study.enqueue_trial(self.by_hand)
        while not self.is_complete():
            started = time.monotonic()
            # A sampler for each trial, so that a run that was interrupted draws what one that wasn't does.
            self.study.sampler = self._sampler(len(self.done()))
            trial = self.study.ask()
            values, said = self._tried(trial)
            seconds = round(time.monotonic() - started, 2)
            trial.set_user_attr("seconds", seconds)
            self.study.tell(trial, values)
            self._say(trial, said)
        if not self.finished():
            raise Failure(f"no network costs at most {self.within:g} {self.table.unit}: a larger --within, or more --trials")

    def is_complete(self):
        """The budget is spent, or there is hardly any other network to be found within the limit."""
        options = self.options
        return len(self.trained()) >= options.trials or self.minutes() >= options.minutes or len(self.done()) >= MOST_DRAWN * options.trials

    def trained(self):
        """Trials of different networks that weren't too costly."""
        found = {trial.user_attrs["key"]: trial for trial in reversed(self.done()) if trial.user_attrs["fate"] != "too costly"}
        return list(found.values())

    def minutes(self):
        """What all trials took."""
        return sum(trial.user_attrs["seconds"] for trial in self.done()) / 60

    def done(self):
        return [trial for trial in self.study.trials if trial.state == TrialState.COMPLETE]

    def finished(self):
        """Trials that went to their end within the limit."""
        return [trial for trial in self.done() if trial.user_attrs["fate"] == "finished" and trial.values[1] <= self.within]

    def _sampler(self, number):
        return optuna.samplers.TPESampler(seed=self.options.seed * 1_000_003 + number, n_startup_trials=RANDOM_TRIALS)

    def _tried(self, trial):
        """((accuracy, cost), what became of it)."""
        plan = self.space.plan(self.space.sample(lambda name, values: _suggested(trial, name, values)))
        cost, key = self.table.predicted(plan, self.form).cost, str(plan.as_json())
        fields = {"key": key, "rungs": []}
        trial.set_constraint("over the limit", cost / self.within - 1)
        if key in self.known:
            fields |= self.known[key]
        elif cost > self.within:
            fields |= {"fate": "too costly", "accuracy": 0.0}
        else:
            try:
                found = trials.accuracy(plan, cost, self.folds, self._schedule(), self.race, fields["rungs"])
                fields |= {"fate": "finished", "accuracy": found}
            except trials.Stopped:
                fields |= {"fate": "stopped", "accuracy": fields["rungs"][-1]}
            except Diverged:
                fields |= {"fate": "diverged", "accuracy": 0.0}
        fields["cost"] = cost
        for name, value in fields.items():
            trial.set_user_attr(name, value)
        self._remember(fields)
        return (fields["accuracy"], cost), fields["fate"]

    def _remember(self, fields):
        if fields["key"] in self.known:
            return
        self.known[fields["key"]] = {name: fields[name] for name in ("fate", "accuracy", "rungs")}
        if fields["fate"] == "finished":
            self.race.add(fields["cost"], fields["rungs"])

    def _schedule(self):
        options = self.options
        return {"epochs": options.epochs, "batch": options.batch, "rate": options.rate, "seed": options.seed, "patience": 0,
                "half": options.half, "flips": options.flips}

    def _say(self, trial, fate):
        if not self.options.quiet and fate != "too costly":
            accuracy, cost = trial.user_attrs["accuracy"], trial.user_attrs["cost"]
            print(f"trial {len(self.trained())}/{self.options.trials}, {self.minutes():.1f} min: {fate}, {cost:.4g} {self.table.unit}, "
                  f"{100 * accuracy:.2f} % right", file=sys.stderr, flush=True)

    def chosen(self):
        """The cheapest trial of those that are at most `--slack` points less right than the best one."""
        best = max(trial.values[0] for trial in self.finished())
        near = [trial for trial in self.finished() if trial.values[0] >= best - self.options.slack / 100]
        return min(near, key=lambda trial: (trial.values[1], -trial.values[0], trial.number))

    def plan_of(self, trial):
        return self.space.plan(self.space.sample(lambda name, _: trial.params[name]))

    def pareto(self):
        """Finished trials that no other one beats in both, by cost."""
        front, best = [], -1.0
        for trial in sorted(self.finished(), key=lambda trial: (trial.values[1], -trial.values[0])):
            if trial.values[0] > best:
                front.append(trial)
                best = trial.values[0]
        return front


def _suggested(trial, name, values):
    steps = {later - earlier for earlier, later in zip(values, values[1:])}
    if len(steps) == 1:
        return trial.suggest_int(name, values[0], values[-1], step=steps.pop())
    return trial.suggest_categorical(name, values)


def run(options):
    """Carries out `factory search`; gives the result that its folder now has."""
    from factory import final

    torch.set_num_threads(options.threads)
    kept = {name: value for name, value in vars(options).items() if name not in PLACES}
    table = Table.read(options.table)
    table.require(options.form)
    # Before the folder is made: what can't be read leaves nothing behind.
    data = examples.load(options.data, options.person, options.limit)
    spaces.space(table.fields["family"], data.shape, len(data.classes))
    folder = RunFolder(options.output, kept)
    search = Search(options, data, table, folder)
    if folder.result and search.is_complete():
        return folder.result
    search.run()
    result = final.compare(search)
    result |= {"command": "search", "name": options.name, "seed": options.seed, "data": str(options.data),
               "examples": {part: len(values) for part, values in data.x.items()},
               "seconds": round(60 * search.minutes() + result["final seconds"], 1)}
    final.write(search, result)
    folder.save_json(RESULT, result)
    return result
