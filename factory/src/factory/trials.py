"""One trial of a search: how right a network is, by folds of what isn't the test part, and when that isn't worth finding out."""

import statistics

from factory.network import Network
from factory.teachers import classification_loss
from factory.training import Schedule, Trainer, accuracy_of

import torch

# A trial that is worse than a cheaper one by so much is stopped, in the middle of the first fold, and after each.
EARLY_MARGIN, MARGIN = 0.06, 0.02


class Stopped(Exception):
    """Another network is cheaper and by far more right."""


class NoFolder:
    """Where a short training keeps nothing."""

    def log(self, **entry):
        pass

    def save_torch(self, name, value):
        pass

    def load_torch(self, name):
        return None


class Race:
    """What finished trials had reached at each rung: half of the first fold, then the mean after each fold."""

    def __init__(self):
        self.finished = []

    def add(self, cost, rungs):
        self.finished.append((cost, list(rungs)))

    def require(self, cost, rungs):
        """Throws Stopped where a finished trial cost no more and was more right at this rung, by more than chance."""
        rung = len(rungs) - 1
        margin = MARGIN if rung else EARLY_MARGIN
        for other, reached in self.finished:
            if other <= cost and reached[rung] >= rungs[rung] + margin:
                raise Stopped


def accuracy(plan, cost, parts, schedule, race, rungs):
    """The mean accuracy over folds after the last epoch. Appends to `rungs` what was reached; throws Stopped.

    - parts: a Data for each fold. - schedule: fields of `Schedule`. - cost: what the table says.
    """
    found = []

    def middle(trainer, epoch):
        if not found and epoch == max(1, schedule["epochs"] // 2):
            rungs.append(accuracy_of(trainer.averaged, trainer.data, "validation"))
            race.require(cost, rungs)

    for fold, data in enumerate(parts):
        torch.manual_seed(schedule["seed"])
        network = Network(plan).to(memory_format=torch.channels_last)
        trainer = Trainer(network, data, Schedule(**schedule), NoFolder(), classification_loss, middle, quiet=True)
        trainer.run()
        # The last epoch's, not the best one's: that would be chosen by what it is judged on.
        found.append(accuracy_of(trainer.averaged, data, "validation"))
        rungs.append(statistics.fmean(found))
        race.require(cost, rungs)
    return rungs[-1]
