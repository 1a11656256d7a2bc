"""Paths and names in documents, and paths in comments, that don't exist."""

import functools
import pathlib
import re

from source_text import line_of
from tree import Finding

TOP = ("Sources/", "Tests/", "tools/", "bench/", "goldens/", "board/", "deploy/", "docs/", ".ci/")
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[\w./{},+…*-]+\.(?:swift|c|h|py|sh|tsv|conf|service|dts|md|jsonl)")
IDENTIFIER = re.compile(r"\.?([A-Z][a-z0-9]+[A-Z]\w*|[a-z]+[A-Z]\w*)(?:[.(].*)?$")
IN_COMMENTS = re.compile(r"(?<![\w/.-])((?:tools|bench|goldens|board|deploy|docs|Tests/golden|Tests/fuzz)/[\w./-]*[\w])")
# Placeholders of a page that says how something is done.
PLACEHOLDER = re.compile(r"…|\*|\b(?:NAME|MODEL|FILE|FOLDER|BOARD|CHIP|FORMAT|OPERATION)\b")


def documents(tree):
    return [path for path in tree.files(".md") if not path.startswith("Tests/")] + tree.files(".conf", ".service", under="deploy/")


class Names:
    """What code, scripts and the Makefile know by name."""

    def __init__(self, tree):
        self.tree = tree

    @functools.cached_property
    def code(self):
        words = set()
        for path in self.tree.files(".swift", ".c", ".h", ".py", ".sh"):
            words.update(re.findall(r"[A-Za-z_]\w*", self.tree.code(path, strings=True)))
        return words

    @functools.cached_property
    def options(self):
        found = set()
        for path in [*self.tree.files(".swift", ".py", ".sh"), "Makefile"]:
            if path in self.tree.paths:
                found.update(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)*", self.tree.text(path)))
        return found

    @functools.cached_property
    def steps(self):
        return set(re.findall(r"^([a-z][\w-]*):", self.tree.text("Makefile"), re.M)) if "Makefile" in self.tree.paths else set()

    def has_option(self, option):
        first, *rest = option.split("-")
        return option in self.options or first + "".join(word.capitalize() for word in rest) in self.code


def exists(tree, path):
    """A file or a folder of the tree; where a page has placeholders, the folder before the first of them."""
    path = path.rstrip("/")
    if hole := PLACEHOLDER.search(path):
        path = path[: hole.start()].rpartition("/")[0]
    return path in tree.paths or path in tree.folders or path == ""


def path_exists(tree, word):
    """In full, or from a module on (`Nest/Layout.swift`), or by its name alone."""
    if "{" in word:
        head, inside, tail = re.match(r"([^{]*)\{([^}]*)\}(.*)", word).groups()
        return all(path_exists(tree, head + each.strip() + tail) for each in inside.split(","))
    if "/" not in word:
        return word in tree.names or bool(PLACEHOLDER.search(word))
    return any(exists(tree, head + word) for head in ("", "Sources/", "Tests/"))


def wrong_word(tree, names, word):
    """Why a word in code style is wrong, or None."""
    if word.startswith("make "):
        step = (
            re.match(r"make ([a-z][\w-]*)$", " ".join(part for part in word.split() if "=" not in part) + "") if word.count(" ") else None
        )
        return f"make has no step '{step.group(1)}'" if step and step.group(1) not in names.steps else None
    first = word.split()[0]
    if option := re.fullmatch(r"--([a-z][\w-]*)(?:[ =].*)?", word):
        return None if names.has_option(option.group(1)) else f"there is no option --{option.group(1)}"
    is_module_path = re.fullmatch(r"[A-Z]\w+/[\w./{},… -]*", word) and not word.isupper()
    if first.startswith(TOP) or is_module_path and word.split("/")[0].isidentifier() and not re.match(r"[A-Z]+/", word):
        path = first if first.startswith(TOP) else word
        return None if path_exists(tree, path) else f"there is no {path}"
    if " " in word or "/" in word:
        return None
    if FILE.fullmatch(word) and not word.startswith("."):
        return None if path_exists(tree, word) else f"there is no file {word}"
    if (match := IDENTIFIER.match(word)) and "=" not in word:
        name = match.group(1)
        known = name in names.code or name in tree.targets or f"{name}.swift" in tree.names or name in ("README", "GitHub")
        return None if known else f"nothing is called {name}"
    return None


def check(tree):
    names = Names(tree)
    for path in documents(tree):
        text, folder = tree.text(path), pathlib.PurePosixPath(path).parent
        for match in LINK.finditer(text):
            target = match.group(1).split("#")[0]
            if target and "://" not in target and not target.startswith("mailto:"):
                if not link_exists(tree, folder, target):
                    yield Finding("document", path, line_of(text, match.start()), target, f"there is no {target}")
        if path.endswith(".md"):
            for match in CODE.finditer(without_fences(text)):
                if why := wrong_word(tree, names, match.group(1).strip()):
                    yield Finding("document", path, line_of(text, match.start()), match.group(1).strip(), why)
        else:
            yield from comment_paths(tree, path, text)
    for path in tree.files(".swift", ".c", ".h", ".py", ".sh"):
        # The tests of this tool speak of trees that are made up.
        if not path.startswith("tools/tidy/"):
            yield from comment_paths(tree, path, tree.text(path))


def without_fences(text):
    return re.sub(r"^```.*?^```", lambda match: re.sub(r"[^\n]", " ", match.group()), text, flags=re.M | re.S)


def link_exists(tree, folder, target):
    parts = []
    for part in (*folder.parts, *pathlib.PurePosixPath(target).parts):
        if part == "..":
            if not parts:
                return False
            parts.pop()
        elif part != ".":
            parts.append(part)
    return exists(tree, "/".join(parts))


def comment_paths(tree, path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if not re.match(r"\s*(///?|#|\*|/\*)", line):
            continue
        for match in IN_COMMENTS.finditer(line):
            if not exists(tree, match.group(1)) and match.group(1) not in tree.paths:
                yield Finding("document", path, number, match.group(1), f"there is no {match.group(1)}")
