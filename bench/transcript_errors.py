"""How far a transcript is from the truth: edits over Chinese characters, digits and English words."""

import re

DIGITS = "零一二三四五六七八九"


def units(text):
    """What is counted: Chinese characters, digits as characters, English words; letters said one by one are one word."""
    text = re.sub(r"(?<=[A-Za-z]) (?=[A-Za-z]\b)", "", text)
    found = re.findall(r"[\u4e00-\u9fff]|[A-Za-z']+|\d", text)
    return [DIGITS[int(each)] if each.isdigit() else "一" if each == "幺" else each.lower() for each in found]


def distance(one, other):
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        new = [i]
        for j, right in enumerate(other):
            new.append(min(row[j + 1] + 1, new[j] + 1, row[j] + (left != right)))
        row = new
    return row[-1]


def errors(pairs):
    """Per cent, of pairs of truth and what was heard."""
    wrong = sum(distance(units(truth), units(heard)) for truth, heard in pairs)
    return 100 * wrong / sum(len(units(truth)) for truth, _ in pairs)


def loops(pairs):
    """Texts that are far longer than what was said."""
    return sum(len(units(heard)) > 1.6 * len(units(truth)) + 4 for truth, heard in pairs)


def known(table):
    """Name, kind and text of every clip of a table; Chinese clips with words or runs of Latin letters are a kind of their own."""
    for line in table.read_text(encoding="utf-8").splitlines()[1:]:
        name, language, text = line.split("\t")
        latin = language == "zh" and re.search("[A-Za-z]{2}|[A-Z] [A-Z]", text)
        yield name, language + "+latin" if latin else language, text
