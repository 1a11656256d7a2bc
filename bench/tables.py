#!/usr/bin/env python3
"""Makes README's tables of figures from data, and says what was missed.

usage: bench/tables.py                  README's tables anew, from the recorded figures (bench/recorded/)
       bench/tables.py --check          ends with an error where README's tables aren't what the recorded figures say
       bench/tables.py --show           the tables of the last run (build/bench/) and its misses; status 1 where there is one
       bench/tables.py --record         takes the last run as the recorded figures, and makes README's tables
"""

import json
import pathlib
import shutil
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
RECORDED, BUILD = ROOT / "bench" / "recorded", ROOT / "build" / "bench"
# In README's order; a table stands between <!-- NAME figures --> and <!-- /NAME figures -->.
SECTIONS = ["model", "language", "emulated-board", "speech", "listen", "tasks", "governors", "board-time"]
# Measured and shown, but not recorded yet, and so no part of README.
UNRECORDED = ["transcripts"]


def load(folder, section):
    path = folder / f"{section}.json"
    return json.loads(path.read_text()) if path.exists() else None


def table(data):
    """Markdown: a column for the peer and one for bounds where there are any. A miss is bold."""
    figures = data["figures"]
    has_peer, has_bounds = bool(data["peer"]), any(figure["bounds"] for figure in figures)
    heads = ["figure", "Swiftlet", *([data["peer"]] if has_peer else []), *(["must be", "is"] if has_bounds else [])]
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    for figure in figures:
        cells = [figure["name"], figure["shown"]]
        if has_peer:
            cells.append(figure["peer"])
        if has_bounds:
            cells += [", ".join(bound["says"] for bound in figure["bounds"]), said(figure)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n\n" + provenance(figures) + "\n"


def said(figure):
    if figure["verdict"] in ("missed", "failed"):
        return f"**{figure['verdict']}**"
    return "" if figure["verdict"] == "no bound" else figure["verdict"]


def provenance(figures):
    """When, on what and how: once for figures that have it in common."""
    dates = sorted({figure["date"] for figure in figures})
    processors = list(dict.fromkeys(figure["processor"] for figure in figures if figure["processor"]))
    scripts = list(dict.fromkeys(figure["repeat"].split(" --only ")[0] for figure in figures))
    groups = list(dict.fromkeys(figure["repeat"].split(" --only ")[1] for figure in figures if " --only " in figure["repeat"]))
    days = dates[0] if len(dates) == 1 else f"{dates[0]} to {dates[-1]}"
    repeated = f"`{scripts[0]}`" + (f", a part with `--only` and one of {', '.join(groups)}" if groups else "")
    on = f" on: {' / '.join(processors)}" if processors else ""
    return f"Measured {days}{on}. Again: {repeated}."


def replaced(readme, section, text):
    begin, end = f"<!-- {section} figures -->\n", f"<!-- /{section} figures -->"
    if begin not in readme or end not in readme:
        sys.exit(f"tables: README.md has no place for the {section} figures")
    head, rest = readme.split(begin, 1)
    return head + begin + text + end + rest.split(end, 1)[1]


def written(readme):
    for section in SECTIONS:
        data = load(RECORDED, section)
        if data is None:
            sys.exit(f"tables: bench/recorded/{section}.json is not there")
        readme = replaced(readme, section, table(data))
    return readme


def show():
    """The last run; 1 where a bound is missed or something could not be measured."""
    misses, several = [], 0
    for section in SECTIONS + UNRECORDED:
        if data := load(BUILD, section):
            several += len(data["figures"])
            print(f"\n{section}\n\n{table(data)}")
            misses += [figure for figure in data["figures"] if figure["verdict"] in ("missed", "failed")]
    for figure in misses:
        missed = [bound for bound in figure["bounds"] if bound["verdict"] == "missed"]
        why = "; ".join(f"{each['value']:.4g} has to be {each['direction']} {each['limit']:.4g} ({each['says']})" for each in missed)
        print(f"bench: {figure['verdict']}: {figure['name']}: {why or figure['shown']}; again: {figure['repeat']}")
    if not several:
        print("bench: no figures in build/bench")
    print(f"bench: {several} figures in build/bench/*.json, {len(misses)} missed or not measurable")
    return 1 if misses or not several else 0


def main():
    readme = ROOT / "README.md"
    what = sys.argv[1:]
    if what == ["--show"]:
        sys.exit(show())
    if what == ["--record"]:
        for section in SECTIONS:
            if (BUILD / f"{section}.json").exists():
                shutil.copyfile(BUILD / f"{section}.json", RECORDED / f"{section}.json")
    elif what == ["--check"]:
        if written(readme.read_text()) != readme.read_text():
            sys.exit("README.md:1: its tables of figures are not what bench/recorded says; bench/tables.py makes them")
        return
    elif what:
        sys.exit(__doc__)
    readme.write_text(written(readme.read_text()))


if __name__ == "__main__":
    main()
