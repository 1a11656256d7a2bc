"""Functions over 70 lines and lines over 140 columns."""

import ast
import re

from source_text import block_end, line_of
from tree import Finding

LINES, COLUMNS = 70, 140
SWIFT = re.compile(r"(?<![.\w`])(?:func[ \t]+([\w]+|[^\s\w(]+)|(init|subscript)(?=[?!]?[<(])|(deinit)(?=\s*\{))")
C_FUNCTION = re.compile(r"^(?!typedef|struct|union|enum|static const|extern)[A-Za-z_][^;{}=#]*?\b(\w+)\s*\([^;{}]*\)\s*\{", re.M)
SHELL = re.compile(r"^(?:function[ \t]+)?([\w-]+)[ \t]*\(\)[ \t]*\{[ \t]*$", re.M)


def lines(tree):
    for path in tree.files(".swift", ".c", ".h", ".py", ".sh"):
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            if len(line) > COLUMNS:
                yield Finding("columns", path, number, str(number), f"{len(line)} columns, {COLUMNS} at most")


def functions(tree):
    for path in tree.files(".swift", ".c", ".h", ".py", ".sh"):
        for name, first, last in functions_of(tree, path):
            if last - first + 1 > LINES:
                yield Finding("function", path, first, name, f"{name} has {last - first + 1} lines, {LINES} at most")


def functions_of(tree, path):
    """(name, first line, last line)"""
    code = tree.code(path)
    if path.endswith(".py"):
        for node in ast.walk(ast.parse(tree.text(path))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                yield node.name, node.lineno, node.end_lineno
    elif path.endswith(".sh"):
        for match in SHELL.finditer(code):
            end = re.compile(r"^\}", re.M).search(code, match.end())
            yield match.group(1), line_of(code, match.start()), line_of(code, end.start() if end else len(code))
    elif path.endswith(".swift"):
        for match in SWIFT.finditer(code):
            opening = swift_body(code, match.end())
            if opening is not None:
                name = match.group(1) or match.group(2) or match.group(3)
                yield name, line_of(code, match.start()), line_of(code, block_end(code, opening) - 1)
    else:
        for match in C_FUNCTION.finditer(code):
            start = match.start() + len(match.group()) - len(match.group().lstrip())
            yield match.group(1), line_of(code, start), line_of(code, block_end(code, match.end() - 1) - 1)


def swift_body(code, at):
    """Where a function's body opens: the first brace outside its parameters. None for a requirement, which has none."""
    depth = 0
    signature = re.compile(r"[()\[\]{}]|\n")
    for match in signature.finditer(code, at):
        found = match.group()
        if found in "([":
            depth += 1
        elif found in ")]":
            depth -= 1
            if depth < 0:
                return None
        elif depth == 0 and found == "{":
            return match.start()
        elif depth == 0 and found == "}":
            return None
        elif depth == 0 and found == "\n" and not continues(code, match.start()):
            return None
    return None


def continues(code, end):
    """Whether a signature goes on behind the end of a line."""
    following = code[end:].lstrip()
    before = code[code.rfind("\n", 0, end) + 1 : end].rstrip()
    return following.startswith(("{", "->", "where", "throws", "rethrows", "async", "(")) or before.endswith(
        (",", "->", ":", "&&", "where")
    )
