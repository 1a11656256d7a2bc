"""A CSV of motion windows: a row a sample, in columns `window` (rows of one window stand together), `label`, `person` where people
are known, `rate` (rows a second) where that is, and one column for each quantity measured."""

import csv
import math

import numpy as np

from factory.data import people_note, split
from factory.failure import Failure
from factory.windows import arranged

NAMED = ("window", "label", "person", "rate")
LARGEST = 1 << 20


def read(path):
    """Windows of equal length; another length, or what is no number, is refused with its line."""
    with open(path, newline="", encoding="utf-8", errors="replace") as file:
        rows = csv.DictReader(file)
        columns = [name for name in rows.fieldnames or [] if name not in NAMED]
        if not {"window", "label"} <= set(rows.fieldnames or []) or not columns:
            raise Failure(f"{path}: columns window, label and at least one quantity are expected, found {rows.fieldnames}")
        windows, rates = [], set()
        for row in rows:
            rates.add(row.get("rate"))
            try:
                sample = [float(row[name]) for name in columns]
            except (TypeError, ValueError):
                raise Failure(f"{path}, line {rows.line_num}: not a number in each of {', '.join(columns)}") from None
            if not all(map(math.isfinite, sample)):
                raise Failure(f"{path}, line {rows.line_num}: a value that isn't finite")
            key = (row["window"], row["label"], row.get("person") or "")
            if not windows or windows[-1][0] != key:
                windows.append((key, []))
            windows[-1][1].append(sample)
            if len(windows) > LARGEST:
                raise Failure(f"{path}: more than {LARGEST} windows")
    if not windows:
        raise Failure(f"{path}: no rows")
    rate = rate_of(path, rates)
    length = len(windows[0][1])
    for (window, _, _), samples in windows:
        if len(samples) != length:
            raise Failure(f"{path}: window {window} has {len(samples)} rows, the first one {length}; windows of one length are expected")
    has_people = all(person for (_, _, person), _ in windows)
    groups = [person if has_people else f"{place}" for place, ((_, _, person), _) in enumerate(windows)]
    parts, labels = split(groups), [label for (_, label, _), _ in windows]
    notes = [people_note(groups, parts)] if has_people else []
    values = np.asarray([samples for _, samples in windows], np.float32)
    data = arranged(values, labels, parts, columns, notes, groups if has_people else None)
    if rate:
        data.metadata["window.rate"] = rate
    return data


def rate_of(path, texts):
    """Rows a second, as the column says in every row; None where there is none."""
    if texts <= {None, ""}:
        return None
    try:
        (text,) = texts
        if not 1 <= float(text) <= 1000:
            raise ValueError
    except (TypeError, ValueError):
        raise Failure(f"{path}: column rate: one number from 1 to 1000 in all rows is expected") from None
    return text
