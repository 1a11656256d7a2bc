"""The loop that all recipes share: epochs over examples, averages of weights, checkpoints, the best state kept."""

import copy
import dataclasses
import math
import sys

import torch
from tqdm import tqdm

from factory.augment import changed
from factory.failure import Failure
from factory.network import Network
from factory.plan import Plan
from factory.run_folder import CHECKPOINT


class Diverged(Failure):
    """A loss that is no number."""


@dataclasses.dataclass
class Schedule:
    """How a run trains. `rate`: the highest learning rate, reached after a fifth of the steps and left in a cosine."""

    epochs: int
    batch: int
    rate: float
    seed: int
    patience: int
    half: bool = False
    flips: bool = True
    decay: float = 5e-4
    average: float = 0.998
    adaptive: bool = False

    def rate_at(self, progress):
        """The learning rate after that share of all steps."""
        return self.rate * (progress / 0.2 if progress < 0.2 else 0.5 * (1 + math.cos(math.pi * (progress - 0.2) / 0.8)))


class Trainer:
    """Trains `network` on `data` by `loss(network, x, y)`.

    Everything random in an epoch follows from seed and epoch, and a checkpoint holds all else: a run that was interrupted and goes on
    ends with the same numbers as one that wasn't. `after_epoch(trainer, epoch)` may change the network, as pruning does.
    """

    def __init__(self, network, data, schedule, folder, loss, after_epoch=None, first_choice=0, quiet=False):
        self.network, self.data, self.schedule, self.folder, self.loss = network, data, schedule, folder, loss
        self.after_epoch, self.first_choice, self.quiet = after_epoch, first_choice, quiet
        self.epoch, self.best, self.best_epoch = 0, -1.0, -1
        self.renew()
        self.chosen = copy.deepcopy(self.averaged)

    def renew(self):
        """A new optimiser and new averages, for a network that has changed shape."""
        weights = [value for value in self.network.parameters() if value.dim() > 1]
        others = [value for value in self.network.parameters() if value.dim() <= 1]
        groups = [{"params": weights, "weight_decay": self.schedule.decay}, {"params": others, "weight_decay": 0.0}]
        if self.schedule.adaptive:
            # Without normalisations weights of one layer are many times those of another: steps in proportion to each one's gradients.
            self.optimiser = torch.optim.Adam(groups, lr=0.0)
        else:
            self.optimiser = torch.optim.SGD(groups, lr=0.0, momentum=0.9, nesterov=True)
        self.averaged, self.steps = copy.deepcopy(self.network), 0

    def run(self):
        """Trains to the end and gives the network of the best epoch, by accuracy on the validation part."""
        self._resume()
        while self.epoch < self.schedule.epochs and not self._has_stopped():
            self._train_epoch()
            accuracy = accuracy_of(self.averaged, self.data, "validation")
            self._choose(accuracy)
            self.folder.log(epoch=self.epoch, loss=round(self.mean_loss, 5), validation=round(accuracy, 5))
            if not self.quiet:
                print(f"epoch {self.epoch + 1}/{self.schedule.epochs}: loss {self.mean_loss:.3f}, validation {100 * accuracy:.2f} %",
                      file=sys.stderr, flush=True)
            self.epoch += 1
            if self.after_epoch:
                self.after_epoch(self, self.epoch)
            self._checkpoint()
        return self.chosen

    def _choose(self, accuracy):
        """Of epochs that are equally right the last one is kept; only a better one gives new patience."""
        if self.epoch < self.first_choice or accuracy < self.best:
            return
        if accuracy > self.best:
            self.best, self.best_epoch = accuracy, self.epoch
        self.chosen = copy.deepcopy(self.averaged)

    def _has_stopped(self):
        patience = self.schedule.patience
        return patience > 0 and self.best_epoch >= 0 and self.epoch - 1 - self.best_epoch >= patience

    def _train_epoch(self):
        schedule, data = self.schedule, self.data
        generator = torch.Generator().manual_seed(schedule.seed * 1_000_003 + self.epoch)
        order = torch.randperm(len(data.x["train"]), generator=generator)
        batches = [part for part in order.split(schedule.batch) if len(part) > 1]
        self.network.train()
        total = 0.0
        label = f"epoch {self.epoch + 1}/{schedule.epochs}"
        for index, chosen in enumerate(tqdm(batches, label, leave=False, disable=self.quiet or not sys.stderr.isatty())):
            x = data.real(changed(data.x["train"][chosen], data.kind, generator, schedule.flips))
            rate = schedule.rate_at((self.epoch + index / len(batches)) / schedule.epochs)
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            self.optimiser.zero_grad(set_to_none=True)
            with torch.autocast("cpu", torch.bfloat16, enabled=schedule.half):
                loss = self.loss(self.network, x.contiguous(memory_format=torch.channels_last), data.y["train"][chosen])
            value = float(loss.detach())
            if not math.isfinite(value):
                raise Diverged(f"the loss is {value} in epoch {self.epoch + 1}, step {index + 1} of {len(batches)}; "
                               f"a lower --rate than {schedule.rate:g} may help")
            loss.backward()
            self.optimiser.step()
            self._average()
            total += value
        self.mean_loss = total / max(1, len(batches))

    def _average(self):
        """Exponential averages of weights, faster in the beginning; statistics of normalisations are taken as they are."""
        self.steps += 1
        share = min(self.schedule.average, (self.steps + 1) / (self.steps + 10))
        with torch.no_grad():
            for mean, value in zip(self.averaged.parameters(), self.network.parameters()):
                mean.lerp_(value, 1 - share)
            for mean, value in zip(self.averaged.buffers(), self.network.buffers()):
                mean.copy_(value)

    def _checkpoint(self):
        state = {"epoch": self.epoch, "best": self.best, "best_epoch": self.best_epoch, "steps": self.steps,
                 "optimiser": self.optimiser.state_dict()}
        for name in ("network", "averaged", "chosen"):
            module = getattr(self, name)
            state[name] = {"plan": module.plan.as_json(), "state": module.state_dict()}
        self.folder.save_torch(CHECKPOINT, state)

    def _resume(self):
        state = self.folder.load_torch(CHECKPOINT)
        if state is None:
            return
        self.network = self._restored(self.network, state["network"])
        self.renew()
        self.averaged, self.chosen = (self._restored(self.network, state[name]) for name in ("averaged", "chosen"))
        self.optimiser.load_state_dict(state["optimiser"])
        self.epoch, self.best, self.best_epoch, self.steps = (state[name] for name in ("epoch", "best", "best_epoch", "steps"))

    @staticmethod
    def _restored(like, saved):
        plan = Plan.from_json(saved["plan"])
        module = Network(plan) if isinstance(like, Network) else copy.deepcopy(like)
        module.load_state_dict(saved["state"])
        return module


def accuracy_of(network, data, part, batch=500):
    """The share of a part's examples whose highest score is that of their class."""
    network.eval()
    right = 0
    with torch.no_grad():
        for x, y in zip(data.x[part].split(batch), data.y[part].split(batch)):
            right += int((network(data.real(x).contiguous(memory_format=torch.channels_last)).argmax(1) == y).sum())
    return right / len(data.x[part])
