"""Changes to examples that leave their class as it is, drawn anew in every epoch."""

import torch
from torch.nn import functional


def changed(x, kind, generator, flips):
    """A batch shifted and, where `flips` says so, mirrored (pictures); shifted in time, scaled and with noise (windows)."""
    return _pictures(x, generator, flips) if kind == "pictures" else _windows(x, generator)


def _pictures(x, generator, flips):
    """Shifts by up to an eighth of the side, edges repeated."""
    count, _, height, width = x.shape
    reach = max(1, min(height, width) // 8)
    padded = functional.pad(x.float(), (reach,) * 4, mode="replicate")
    top = torch.randint(0, 2 * reach + 1, (count,), generator=generator)
    left = torch.randint(0, 2 * reach + 1, (count,), generator=generator)
    rows, columns = top[:, None] + torch.arange(height), left[:, None] + torch.arange(width)
    if flips:
        mirrored = torch.rand(count, generator=generator) < 0.5
        columns = torch.where(mirrored[:, None], columns.flip(1), columns)
    return padded[torch.arange(count)[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()


def _windows(x, generator):
    count, _, time, _ = x.shape
    reach = max(1, time // 10)
    shifts = torch.randint(-reach, reach + 1, (count,), generator=generator)
    places = (torch.arange(time) + shifts[:, None]).clamp(0, time - 1)
    moved = x[torch.arange(count)[:, None], 0, places][:, None]
    scale = 1 + 0.1 * torch.randn(count, 1, 1, 1, generator=generator)
    return moved * scale + 0.05 * torch.randn(x.shape, generator=generator)
