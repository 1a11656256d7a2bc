#!/usr/bin/env python3
"""Writes Sources/Hearing/Script/ChineseScriptTable.swift: characters and phrases of traditional and simplified Chinese, from
OpenCC's dictionaries (Apache-2.0), and Tests/golden/hearing/script.tsv: sentences and what OpenCC itself makes of them.

Left out are characters that neither GB 2312 (simplified) nor Big5 (traditional) has, and phrases that come out right character
by character. Towards traditional there are characters alone: which of several is meant would take OpenCC's 49,000 phrases.

needs: pip install opencc-python-reimplemented==0.1.7
usage: goldens/chinese-script.py
"""

import pathlib

import opencc

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = pathlib.Path(opencc.__file__).parent / "dictionary"
TABLE = ROOT / "Sources/Hearing/Script/ChineseScriptTable.swift"
GOLDEN = ROOT / "Tests/golden/hearing/script.tsv"
BASE = 0x3400
SENTENCES = (
    "設定二十九度",
    "這類可穿戴設備續航能達到數週數月乃至一年",
    "我不瞭解乾坤,請把衣服曬乾",
    "電動車只是解決方案中的一種",
    "中國選手馬龍和樊振東經過此前的半決賽爭奪",
    "打開Maps，預計在三月份將會出現首套房貸款8.5折左右的折扣",
    "徵求意見;出征;心裡;裏面;頭髮;發現;麵包;面對;後來;皇后",
    "藉口,憑藉,狼藉",
    "I am learning 機器學習.",
)


def pairs(name):
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [(line.split("\t")[0], line.split("\t")[1].split(" ")[0]) for line in lines if "\t" in line]


def has(character, coding):
    try:
        character.encode(coding)
        return True
    except UnicodeEncodeError:
        return False


def common(traditional, simplified):
    small = all(BASE <= ord(each) < BASE + 0x8000 for each in traditional + simplified)
    return small and traditional != simplified and (has(traditional, "big5") or has(simplified, "gb2312"))


def main():
    characters = sorted(pair for pair in pairs("TSCharacters.txt") if common(*pair))
    preferred = dict(pairs("STCharacters.txt"))
    data, last = [], BASE
    for traditional, simplified in characters:
        step = ord(traditional) - last
        last = ord(traditional)
        data += [step] if step < 255 else [255, step & 255, step >> 8]
        code = ord(simplified) - BASE | (0x8000 if preferred.get(simplified) == traditional else 0)
        data += [code & 255, code >> 8]
    plain = dict(characters)
    phrases = [
        (a, b) for a, b in pairs("TSPhrases.txt")
        if len(a) == len(b) and all(ord(each) < 0x10000 for each in a + b) and "".join(plain.get(each, each) for each in a) != b
    ]
    # A phrase that a shorter one covers says nothing new; the longest is tried first.
    phrases.sort(key=lambda pair: (-len(pair[0]), pair[0]))
    kept = [pair for pair in phrases if not any(pair != other and other[0] in pair[0] and
            pair[1] == pair_by_parts(pair[0], other, plain) for other in phrases)]
    rows = ["    " + " ".join(f"{value}," for value in data[start:start + 28]) for start in range(0, len(data), 28)]
    text = "\n".join(a + b for a, b in kept)
    TABLE.write_text(
        "// Made by goldens/chinese-script.py from OpenCC's dictionaries (Apache-2.0, https://github.com/BYVoid/OpenCC).\n\n"
        f"/// {len(characters)} characters in the order of their traditional forms: how far the code is from the one before (255: two\n"
        "/// bytes follow, low first), then the simplified code less U+3400 in two bytes, with 0x8000 where this is the usual\n"
        "/// traditional form.\n"
        "let chineseScriptCharacters: [UInt8] = [\n" + "\n".join(rows) + "\n]\n\n"
        "/// Phrases that come out wrong character by character: traditional, then simplified in as many characters; the longest first.\n"
        f'let chineseScriptPhrases: StaticString = """\n{text}\n"""\n',
        encoding="utf-8",
    )
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    convert = opencc.OpenCC("t2s").convert
    GOLDEN.write_text("".join(f"{each}\t{convert(each)}\n" for each in SENTENCES), encoding="utf-8")
    print(len(characters), "characters,", len(data), "bytes;", len(kept), "of", len(phrases), "phrases,", len(text.encode()), "bytes")


def pair_by_parts(whole, part, plain):
    """`whole` in simplified characters, with what a shorter phrase says where it occurs."""
    return part[1].join("".join(plain.get(each, each) for each in piece) for piece in whole.split(part[0]))


main()
