"""Declarations that nothing uses, and public ones without a comment."""

import collections
import re

from source_text import block_end, line_of
from tree import Finding

WORD = re.compile(r"[A-Za-z_]\w*")
MODIFIERS = (
    r"(?P<modifiers>(?:(?:@\w+(?:\([^)\n]*\))?|public|open|package|internal|fileprivate|private|static|class|final|override|"
    r"mutating|nonmutating|"
    r"lazy|weak|unowned|indirect|required|convenience|prefix|postfix|infix|nonisolated|borrowing|consuming|"
    r"(?:public|private|fileprivate|internal)\(set\))[ \t]+)*)"
)
DECLARATION = re.compile(
    r"^[ \t]*" + MODIFIERS + r"(?P<kind>func|var|let|struct|class|enum|protocol|typealias|actor)[ \t]+(?P<name>[A-Za-z_]\w*)", re.M
)
PUBLIC = re.compile(
    r"^[ \t]*" + MODIFIERS + r"(?P<kind>func|var|let|struct|class|enum|protocol|typealias|actor|init|subscript)\b[ \t]*"
    r"(?P<name>[A-Za-z_]\w*|[^\s\w(]+)?",
    re.M,
)
CASE = re.compile(r"^[ \t]*(?:indirect[ \t]+)?case[ \t]+((?:\w+(?:\([^)]*\))?(?:[ \t]*=[ \t]*[^,\n]+)?(?:,[ \t]*)?)+)[ \t]*$", re.M)
ENUM = re.compile(r"\benum[ \t]+\w+(?P<inherits>[^{]*)\{")
C_DECLARED = re.compile(r"^(?:static |inline |extern )*(?:const )?(?:unsigned |struct )*\w+[ *]+(\w+)\(", re.M)
# Required by the language's, the test library's and the argument parser's protocols: called by nobody that shows.
REQUIRED = {
    "description",
    "debugDescription",
    "hash",
    "encode",
    "makeIterator",
    "next",
    "allCases",
    "configuration",
    "run",
    "validate",
    "main",
    "rawValue",
    "hashValue",
    "startIndex",
    "endIndex",
    "index",
    "subscript",
    "init",
    "deinit",
    "errorDescription",
    "body",
    "id",
    "count",
    "callAsFunction",
    "underestimatedCount",
    "distance",
    "advanced",
    "first",
    "last",
    "testDescription",
    "Element",
    "Iterator",
    "Index",
    "Stride",
    "ID",
}
# Of these, what our own types have as well.
NAMED = {"init", "run", "count", "index", "first", "last", "id", "validate", "body", "next"}
CALLED_FROM_OUTSIDE = (
    "@_cdecl",
    "@_silgen_name",
    "@main",
    "@Test",
    "@Suite",
    "@Argument",
    "@Option",
    "@Flag",
    "@OptionGroup",
    "override",
    "@_expose",
)


def attributes_above(code, start):
    """Lines of attributes directly above a declaration, as one text."""
    lines = code[:start].split("\n")[:-1]
    found = []
    while lines and re.fullmatch(r"(@\w+(\(.*\))?\s*)+", lines[-1].strip()):
        found.append(lines.pop().strip())
    return " ".join(found)


def dead(tree):
    """By name: what occurs nowhere but where it is declared. Words inside strings count as uses, words of comments don't."""
    occurrences = collections.Counter()
    for path in tree.files(".swift", ".c", ".h"):
        occurrences.update(WORD.findall(tree.code(path, strings=True)))
    declared = collections.defaultdict(list)
    for path in tree.files(".swift", ".c", ".h"):
        found = swift_declarations(tree, path) if path.endswith(".swift") else c_declarations(tree, path)
        for name, line, kind in found:
            declared[name].append((path, line, kind))
    for name, places in declared.items():
        if occurrences[name] > len(places) or name in REQUIRED or name.startswith(("_", "reserved", "padding", "unused")):
            continue
        for path, line, kind in places:
            yield Finding("dead", path, line, name, f"{kind} {name}: nothing uses it")


def swift_declarations(tree, path):
    code = tree.code(path)
    for match in DECLARATION.finditer(code):
        before = match.group("modifiers") + attributes_above(code, match.start())
        is_suite = match.group("kind") in ("struct", "class") and path.startswith("Tests/") and match.group("name").endswith("Tests")
        if not any(word in before for word in CALLED_FROM_OUTSIDE) and not is_suite and not follows_test(code, match.start("kind")):
            yield match.group("name"), line_of(code, match.start("name")), match.group("kind")
    for match in ENUM.finditer(code):
        # Cases that stand for raw values or are listed are used without their names.
        if re.search(r"\b(CaseIterable|U?Int\d*|String|Character)\b", match.group("inherits")):
            continue
        opening = match.end() - 1
        body = code[opening : block_end(code, opening)]
        for case in CASE.finditer(body):
            for name in re.findall(r"(?:^|,[ \t]*)(\w+)(?=\(|[ \t]*(?:,|=|$))", strip_parentheses(case.group(1))):
                yield name, line_of(code, opening + case.start(1)), "case"


def follows_test(code, start):
    """Whether what stands between `@Test` and a declaration is nothing but the attribute's arguments."""
    at = code.rfind("@Test", 0, start)
    between = strip_parentheses(code[at + 5 : start]) if at >= 0 else "func"
    return not re.sub(r"\bprivate\b|\bstatic\b|@\w+", "", between).strip()


def strip_parentheses(text):
    while (shorter := re.sub(r"\([^()]*\)", "", text, flags=re.S)) != text:
        text = shorter
    return text


def c_declarations(tree, path):
    """Functions of headers and their definitions: a prototype and a definition are one use of nothing."""
    code = tree.code(path)
    for match in C_DECLARED.finditer(code):
        # A name of the linker's, or one that stands in for a library's or is called by what Swift's compiler writes.
        head = code[match.start() :].split(";")[0].split("{")[0]
        if "__asm__" in head or "alias" in head or match.group(1).startswith("swift_"):
            continue
        yield match.group(1), line_of(code, match.start(1)), "function"


def documented(lines, index):
    """Whether a comment stands above a declaration, attributes between them left out."""
    index -= 1
    while index >= 0 and (lines[index].strip().startswith("@") or lines[index].strip().startswith("#if")):
        index -= 1
    above = lines[index].strip() if index >= 0 else ""
    return above.startswith("///") or above.endswith("*/")


def requirements(tree):
    """(path, line, name) of what protocols require: who fulfils it is described there."""
    for path in tree.files(".swift", under="Sources/"):
        code = tree.code(path)
        for match in re.finditer(r"^[ \t]*public protocol \w+[^{]*\{", code, re.M):
            body = code[match.end() : block_end(code, match.end() - 1) - 1]
            for required in re.finditer(
                r"^[ \t]*(?:@\w+[ \t]+)*(?:static |mutating |nonmutating )*(?:func|var|init)\b[ \t]*(\w+|[^\s\w(]+)?", body, re.M
            ):
                yield path, line_of(code, match.end() + required.start()) + (required.group()[0] == "\n"), required.group(1) or "init"


def undocumented(tree):
    required = set()
    for path, number, name in requirements(tree):
        required.add(name)
        lines = tree.text(path).split("\n")
        if not documented(lines, number - 1) and not re.match(r"\s*(static )?var\b", lines[number - 2]):
            yield Finding("comment", path, number, name, f"{name} is required without a comment that says what it is")
    for path in tree.files(".swift", under="Sources/"):
        code, lines = tree.code(path), tree.text(path).split("\n")
        types, covered = documented_types(code, lines), -2
        for match in PUBLIC.finditer(code):
            words = match.group("modifiers").split()
            if not {"public", "open"} & set(words):
                continue
            kind = match.group("kind")
            name = kind if kind in ("init", "subscript") else match.group("name") or kind
            number = line_of(code, match.start("kind"))
            index = number - 1
            is_property = kind in ("var", "let")
            # One comment may stand above several properties that belong together, a line each; what a type stores is
            # said by the type's comment, unless there is more to say.
            if documented(lines, index) or is_property and covered == index - 1:
                covered = index if is_property else -2
                continue
            if is_property and is_stored(code, match) and in_documented(types, match.start()):
                continue
            # What is called through C is described in the header.
            if "override" in words or "@_cdecl" in match.group("modifiers") + attributes_above(code, match.start()):
                continue
            if name in REQUIRED - NAMED or name in required - {"init"} or kind == "init" and is_memberwise(code, match):
                continue
            yield Finding(
                "comment",
                path,
                number,
                name,
                f"public {kind} {name}: no comment says what it is" if kind != name else f"public {kind}: no comment says what it takes",
            )


TYPE = re.compile(r"^[ \t]*" + MODIFIERS + r"(?:struct|class|enum|actor)[ \t]+\w+[^{]*\{", re.M)


def documented_types(code, lines):
    """(start, end, whether a comment stands above) of each type, outer before inner."""
    return [
        (match.start(), block_end(code, match.end() - 1), documented(lines, line_of(code, match.start("modifiers")) - 1))
        for match in TYPE.finditer(code)
    ]


def in_documented(types, offset):
    inside = [is_documented for start, end, is_documented in types if start < offset < end]
    return bool(inside) and inside[-1]


def is_stored(code, match):
    """No getter: a line without a brace behind its type, or one that only observes."""
    if match.group("kind") == "let":
        return True
    line = code[match.end() : code.find("\n", match.end())]
    return "{" not in line or "=" in line.split("{")[0]


def is_memberwise(code, match):
    """An initialiser that only names the properties again says nothing that they don't say."""
    opening = code.find("{", match.end())
    body = code[opening + 1 : block_end(code, opening) - 1] if opening >= 0 else ""
    statements = [line.strip() for line in re.split(r"[\n;]", body) if line.strip()]
    return all(
        re.fullmatch(r"self\.(\w+) = [\w.]+", statement) or re.fullmatch(r"\(?self\.\w+(, self\.\w+)*\)? = \(?[\w., ]+\)?", statement)
        for statement in statements
    )
