#!/usr/bin/env python3
"""Looks for what a compiler doesn't: see CHECKS. Every finding is one line, FILE:LINE: what; status 1 where there is one.

usage: tools/tidy/tidy.py [--only CHECK] [PATH …]        (PATH: findings of files that begin so alone)

What has to stay as it is stands in exceptions.tsv with its reason. An exception that finds nothing any more is a finding,
so the list gets shorter and not longer.
"""

import argparse
import collections
import pathlib
import sys

import declarations
import documents
import imports
import lengths
import scripts
from tree import Finding, Tree

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXCEPTIONS = "tools/tidy/exceptions.tsv"
CHECKS = {
    "import": ("imports that Package.swift doesn't declare, dependencies that nothing imports", imports.undeclared),
    "layer": ("modules and folders that look up", lambda tree: [*imports.layers(tree), *imports.folders(tree)]),
    "function": (f"functions over {lengths.LINES} lines", lengths.functions),
    "columns": (f"lines over {lengths.COLUMNS} columns", lengths.lines),
    "dead": ("declarations that nothing uses", declarations.dead),
    "document": ("paths and names in documents and comments that don't exist", documents.check),
    "script": ("names of scripts, Python inside shell", scripts.check),
    "comment": ("public declarations without a comment", declarations.undocumented),
}


def exceptions(tree):
    """{(check, path, name): line}, and what is wrong with the list itself."""
    allowed, wrong = {}, []
    if EXCEPTIONS not in tree.paths:
        return allowed, wrong
    for number, line in enumerate(tree.text(EXCEPTIONS).split("\n"), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) != 4 or fields[0] not in CHECKS or not fields[3]:
            wrong.append(
                Finding("exception", EXCEPTIONS, number, line, "an exception is CHECK, FILE, NAME and a reason, with tabs between them")
            )
        else:
            allowed[tuple(fields[:3])] = number
    return allowed, wrong


def findings(tree, only=None):
    allowed, wrong = exceptions(tree)
    used, left = set(), list(wrong)
    for name, (_, check) in CHECKS.items():
        if only in (None, name):
            for finding in check(tree):
                key = (finding.check, finding.path, finding.name)
                used.add(key)
                if key not in allowed:
                    left.append(finding)
    for key, number in allowed.items():
        if key not in used and only in (None, key[0]):
            left.append(Finding("exception", EXCEPTIONS, number, " ".join(key), f"no longer needed: {' '.join(key)}"))
    return sorted(set(left), key=lambda finding: (finding.check, finding.path, finding.line, finding.name))


def main():
    parser = argparse.ArgumentParser(description="What a compiler doesn't look for.")
    parser.add_argument("--only", choices=CHECKS, help="this check alone")
    parser.add_argument("paths", nargs="*", help="findings of files that begin so alone")
    options = parser.parse_args()
    tree = Tree.of_checkout(ROOT)
    found = [each for each in findings(tree, options.only) if not options.paths or each.path.startswith(tuple(options.paths))]
    for finding in found:
        print(finding)
    counts = collections.Counter(finding.check for finding in found)
    for check, count in counts.items():
        print(f"tidy: {count} {check}: {CHECKS[check][0] if check in CHECKS else 'the list of exceptions'}", file=sys.stderr)
    print(f"tidy: {len(tree.paths)} files, {len(found)} findings" if found else f"tidy: {len(tree.paths)} files, nothing to mend")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
