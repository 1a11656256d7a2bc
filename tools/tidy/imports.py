"""Imports that Package.swift doesn't declare, dependencies that nothing imports, and layers that look up."""

import pathlib
import re

from source_text import line_of
from tree import Finding

IMPORT = re.compile(
    r"^[ \t]*(?:@\w+(?:\([^)]*\))?[ \t]+)*(?:(?:public|package|internal|fileprivate|private)[ \t]+)?import[ \t]+"
    r"(?:(?:struct|class|enum|protocol|typealias|func|let|var|actor)[ \t]+)?(\w+)",
    re.M,
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+[<"]([^>"]+)[>"]', re.M)
SYSTEM = {"Swift", "Glibc", "Musl", "Foundation", "FoundationXML", "Dispatch", "Synchronization", "Testing", "XCTest"}
# Embedded Swift has neither.
NOT_ON_A_BOARD = {"Foundation", "FoundationXML", "Dispatch", "XCTest", "Testing", "Glibc"}
TABLE = "ARCHITECTURE.md"


def uses(tree):
    """(target, imported module, path, line) of every import and of every header of another target."""
    headers = {}
    for target in tree.targets:
        include = tree.folder_of(target) + "/include/"
        for path in tree.files(".h", under=include):
            headers[pathlib.PurePosixPath(path).name] = target
    for target in tree.targets:
        folder = tree.folder_of(target) + "/"
        for path in tree.files(".swift", under=folder):
            for match in IMPORT.finditer(tree.code(path)):
                if f"canImport({match.group(1)})" not in tree.code(path):
                    yield target, match.group(1), path, line_of(tree.text(path), match.start(1))
        for path in tree.files(".c", ".h", under=folder):
            for match in INCLUDE.finditer(tree.code(path, strings=True)):
                owner = headers.get(pathlib.PurePosixPath(match.group(1)).name, target)
                if owner != target:
                    yield target, owner, path, line_of(tree.text(path), match.start(1))


def closure(tree, target):
    reached, waiting = set(), [target]
    while waiting:
        name = waiting.pop()
        if name not in reached and name in tree.targets:
            reached.add(name)
            waiting += tree.dependencies(name)
    return reached


def undeclared(tree):
    board = closure(tree, "swiftlet")
    used = {}
    for target, module, path, line in uses(tree):
        used.setdefault(target, set()).add(module)
        if module in SYSTEM:
            if target in board and module in NOT_ON_A_BOARD:
                yield Finding("import", path, line, module, f"{target} goes onto a board, where there is no {module}")
        elif module not in tree.dependencies(target):
            yield Finding("import", path, line, module, f"{target} imports {module}, which Package.swift doesn't declare for it")
    for target in tree.targets:
        for module in sorted(tree.dependencies(target) - used.get(target, set())):
            yield Finding(
                "import", "Package.swift", place(tree, target), f"{target} {module}", f"{target} declares {module} and never imports it"
            )


def place(tree, target):
    at = tree.text("Package.swift").find(f'name: "{target}"') if "Package.swift" in tree.paths else -1
    return line_of(tree.text("Package.swift"), at) if at >= 0 else 1


def table(text, marker):
    """Rows of the Markdown table behind `<!-- MARKER -->`: cells, with the line of each."""
    rows, inside, seen = [], False, 0
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() == f"<!-- {marker} -->":
            inside = True
        elif inside and line.startswith("|"):
            seen += 1
            if seen > 2:
                rows.append((number, [cell.strip() for cell in line.strip().strip("|").split("|")]))
        elif inside and seen:
            break
    return rows


def names_in(cell):
    return re.findall(r"`([\w-]+)`", cell)


def layers(tree):
    """ARCHITECTURE.md's table, uppermost layer first: a module imports from rows below its own."""
    if TABLE not in tree.paths:
        yield Finding("layer", TABLE, 1, "table", "is not there; the table of layers belongs in it")
        return
    rows = table(tree.text(TABLE), "layers")
    if not rows:
        yield Finding("layer", TABLE, 1, "table", "has no table of layers behind <!-- layers -->")
        return
    height = {}
    for index, (line, cells) in enumerate(rows):
        for name in names_in(cells[0]):
            if name not in tree.targets:
                yield Finding("layer", TABLE, line, name, f"{name} stands in the table of layers and is no target of Package.swift")
            height[name] = index
    products = {name for name, target in tree.targets.items() if target["type"] != "test"}
    for name in sorted(products - set(height)):
        yield Finding("layer", "Package.swift", place(tree, name), name, f"{name} has no place in {TABLE}'s table of layers")
    for target, module, path, line in uses(tree):
        if target in height and module in height and height[module] <= height[target]:
            where = "above" if height[module] < height[target] else "beside"
            yield Finding("layer", path, line, module, f"{target} imports {module}, which stands {where} it")


DECLARED = re.compile(
    r"^(?:@\w+[ \t]+)*(?:(?:public|internal|package|final|indirect)[ \t]+)*"
    r"(?:func|struct|class|enum|protocol|typealias|let|var)[ \t]+(\w+)",
    re.M,
)


def folders(tree):
    """ARCHITECTURE.md's table of folders inside a module, uppermost first: code uses what folders to its right declare."""
    if TABLE not in tree.paths:
        return
    for line, cells in table(tree.text(TABLE), "folders"):
        module, order = names_in(cells[0])[0], names_in(cells[1])
        files = {folder: tree.files(".swift", under=f"Sources/{module}/{folder}/") for folder in order}
        for folder in order:
            if not files[folder]:
                yield Finding("layer", TABLE, line, f"{module}/{folder}", f"Sources/{module}/{folder} has no files")
        owner, several = {}, set()
        for folder in order:
            for path in files[folder]:
                for name in DECLARED.findall(tree.code(path)):
                    if owner.setdefault(name, folder) != folder:
                        several.add(name)
        for index, folder in enumerate(order):
            upper = {name for name, home in owner.items() if home in order[:index] and name not in several}
            for path in files[folder]:
                yield from looking_up(tree, path, folder, upper, owner)


def looking_up(tree, path, folder, upper, owner):
    code, seen = tree.code(path), set()
    for match in re.finditer(r"(?<![.\w])([A-Za-z_]\w*)", code):
        name = match.group(1)
        before, behind = code[max(0, match.start() - 8) : match.start()], code[match.end() : match.end() + 1]
        # A parameter's, a variable's or a case's own name is none of theirs; what begins small is a function where it is called.
        is_use = behind == "(" if name[0].islower() else not re.match(r"\s*:(?!:)", code[match.end() : match.end() + 8])
        if name in upper and name not in seen and is_use and not re.search(r"\b(case|func|let|var|struct|enum)\s+$", before):
            seen.add(name)
            yield Finding(
                "layer", path, line_of(code, match.start()), name, f"{folder} uses {name} of {owner[name]}, which stands above it"
            )
