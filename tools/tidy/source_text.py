"""Source text with comments or strings blanked, so that checks look at code alone. Lengths and lines stay."""

import re

SWIFT_STOP = re.compile(r'//|/\*|#*"""|#*"')
C_STOP = re.compile(r"//|/\*|\"|'")


def blanked(text):
    """The same text as spaces, its line ends kept."""
    return re.sub(r"[^\n]", " ", text)


def _block_comment_end(text, start, nests):
    depth, at = 1, start + 2
    while depth and at < len(text):
        match = re.compile(r"/\*|\*/").search(text, at)
        if not match:
            return len(text)
        depth += (1 if nests else 0) if match.group() == "/*" else -1
        at = match.end()
    return at


def _swift_string(text, start, opening, keeps_strings, keeps_comments):
    """What stands for a string literal, and where it ends. Interpolated code stays code."""
    hashes = opening.count("#")
    quote = opening.lstrip("#")
    closing, escape = quote + "#" * hashes, "\\" + "#" * hashes
    out, at = [opening], start + len(opening)
    stop = re.compile(f"{re.escape(closing)}|{re.escape(escape)}" + ("" if quote == '"""' else r"|\n"))
    while at < len(text):
        match = stop.search(text, at)
        end = match.start() if match else len(text)
        out.append(text[at:end] if keeps_strings else blanked(text[at:end]))
        if not match or match.group() == "\n":
            return "".join(out), end
        at = match.end()
        if match.group() == closing:
            return "".join(out) + closing, at
        out.append(match.group())
        if text.startswith("(", at):
            code, at = _swift_code(text, at, keeps_strings, keeps_comments, ends_with_parenthesis=True)
            out.append(code)
        elif at < len(text):
            out.append(text[at] if keeps_strings or text[at] == "\n" else " ")
            at += 1
    return "".join(out), at


def _swift_code(text, start, keeps_strings, keeps_comments, ends_with_parenthesis=False):
    out, at, depth = [], start, 0
    stop = re.compile(SWIFT_STOP.pattern + r"|[()]") if ends_with_parenthesis else SWIFT_STOP
    while at < len(text):
        match = stop.search(text, at)
        if not match:
            out.append(text[at:])
            return "".join(out), len(text)
        out.append(text[at : match.start()])
        found = match.group()
        if found in "()":
            depth += 1 if found == "(" else -1
            out.append(found)
            at = match.end()
            if depth == 0:
                return "".join(out), at
        elif found in ("//", "/*"):
            end = text.find("\n", at) if found == "//" else -1
            end = text.find("\n", match.start()) if found == "//" else _block_comment_end(text, match.start(), nests=True)
            end = len(text) if end < 0 else end
            comment = text[match.start() : end]
            out.append(comment if keeps_comments else blanked(comment))
            at = end
        else:
            literal, at = _swift_string(text, match.start(), found, keeps_strings, keeps_comments)
            out.append(literal)
    return "".join(out), at


def swift(text, strings=False, comments=False):
    """Swift code; `strings` and `comments` say what stays."""
    return _swift_code(text, 0, strings, comments)[0]


def c(text, strings=False, comments=False):
    out, at = [], 0
    while match := C_STOP.search(text, at):
        out.append(text[at : match.start()])
        found = match.group()
        if found in ("//", "/*"):
            end = text.find("\n", match.start()) if found == "//" else _block_comment_end(text, match.start(), nests=False)
            end = len(text) if end < 0 else end
            out.append(text[match.start() : end] if comments else blanked(text[match.start() : end]))
        else:
            literal = re.compile(rf"{found}(\\.|[^\\\n{found}])*{found}?", re.S).match(text, match.start())
            end = literal.end()
            inside = literal.group()[1:-1]
            out.append(literal.group() if strings else found + blanked(inside) + literal.group()[-1] if len(literal.group()) > 1 else found)
        at = end
    return "".join(out) + text[at:]


def code(path, text, strings=False, comments=False):
    """Code of a file by its name; what is neither Swift nor C comes as it is."""
    if path.endswith(".swift"):
        return swift(text, strings, comments)
    if path.endswith((".c", ".h")):
        return c(text, strings, comments)
    return text


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def block_end(code_text, opening):
    """The offset behind the brace that closes the one at `opening`; the text's end where none does."""
    depth = 0
    for match in re.compile(r"[{}]").finditer(code_text, opening):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.end()
    return len(code_text)
