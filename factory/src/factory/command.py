"""The command `factory`."""

import argparse
import json
import pathlib
import sys

from factory.failure import Failure

EXAMPLES = """
examples:
  factory train photos/ -o runs/a --family mobile --width 16 --epochs 30
  factory distil photos/ -o runs/b --teacher runs/a --teacher other.onnx --family residual --width 8
  factory prune runs/a --data photos/ -o runs/c --keep 0.25
  factory quantise runs/c --data photos/ -o runs/d
  factory search motion.csv -o runs/e --table a53.json --within 50000-instructions
  factory table motion.csv -o a53.json --on qemu:cortex-a53
  factory report runs/* a53.json -o RESULTS.md

DATA is a folder of pictures by class (CLASS/*.jpg, or train/CLASS and test/CLASS), of WAV files by class, a CSV of motion windows
(columns window, label, person and one for each quantity), or Fashion-MNIST's folder. An interrupted run goes on with the same command.
"""


def positive(kind, highest):
    """A parser of numbers above zero and up to `highest`."""
    def parse(text):
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r}: a number is expected") from None
        if not 0 < value <= highest:
            raise argparse.ArgumentTypeError(f"{text}: above 0 and at most {highest:g} works")
        return value

    return parse


def _shared(parser, epochs, rate):
    parser.add_argument("-o", "--output", required=True, metavar="RUN", help="the run's folder")
    parser.add_argument("--name", help="the model's name; the folder's if not given")
    parser.add_argument("--epochs", type=positive(int, 10_000), default=epochs, help=f"passes over the examples (default {epochs})")
    parser.add_argument("--batch", type=positive(int, 65_536), default=128, help="examples a step (default 128)")
    parser.add_argument("--rate", type=positive(float, 100.0), default=rate, help=f"the highest learning rate (default {rate})")
    parser.add_argument("--patience", type=int, default=0, metavar="N", help="stop after N epochs that were no better; 0 (default): never")
    parser.add_argument("--seed", type=int, default=0, help="what everything random follows from (default 0)")
    parser.add_argument("--limit", type=positive(int, 1 << 30), metavar="N", help="train with N of the examples")
    parser.add_argument("--person", metavar="REGEX", help="its first group, in a file's name, is whom it is of; people are kept apart")
    parser.add_argument("--no-flips", dest="flips", action="store_false", help="pictures aren't mirrored: text, digits, signs")
    parser.add_argument("--half", action="store_true", help="products in bfloat16: faster where convolutions are dense")
    parser.add_argument("--threads", type=positive(int, 256), default=1, help="processors to use (default 1)")
    _talk(parser)


def _talk(parser):
    parser.add_argument("--json", action="store_true", help="the result as one JSON object")
    parser.add_argument("--quiet", action="store_true", help="say nothing while it runs")


def _family(parser):
    parser.add_argument("--family", choices=["residual", "mobile", "sequence"], default="residual",
                        help="residual and mobile: pictures, sequence: sound and motion (default residual)")
    parser.add_argument("--width", type=positive(int, 1024), default=16, help="channels of the first layer (default 16)")


def _soft(parser, share):
    parser.add_argument("--temperature", type=positive(float, 100.0), default=4.0, help="how soft the teacher's answers are (default 4)")
    parser.add_argument("--share", type=positive(float, 1.0), default=share,
                        help=f"how much of the loss is the teacher's; labels have the rest (default {share})")


def _binary(parser):
    parser.add_argument("--binary", metavar="FILE", help="the swiftlet that measures, where it isn't the usual one")
    parser.add_argument("--copy", action="store_true", help="ssh: the swiftlet of this machine (--binary, else build/aarch64's) is copied "
                        "to /tmp on the board")


def _table(parser):
    parser.add_argument("data", help="as for train: the inputs' shape and the classes are taken from it")
    parser.add_argument("-o", "--output", required=True, metavar="TABLE", help="the table, a JSON file; one that is there is completed")
    parser.add_argument("--on", required=True, metavar="PLACE", help="here, ssh:USER@HOST, qemu:cortex-a53 or qemu:cortex-a76")
    parser.add_argument("--family", choices=["sequence", "mobile"], default="sequence", help="whose search space (default sequence)")
    parser.add_argument("--forms", nargs="+", choices=["float", "int8"], default=["float", "int8"], help="default: both")
    _binary(parser)
    parser.add_argument("--rounds", type=positive(int, 1000), default=6, help="measurements of a time, the least counts (default 6)")
    parser.add_argument("--check", type=int, default=30, metavar="N", help="whole networks that show the table's error; ten more give a "
                        "factor; 0: neither (default 30)")
    parser.add_argument("--person", metavar="REGEX", help="as for train")
    _talk(parser)


def _search(parser):
    parser.add_argument("data", help="as for train")
    parser.add_argument("--table", required=True, help="a cost table of `factory table`")
    parser.add_argument("--form", choices=["float", "int8"], default="float", help="what the board will run (default float)")
    parser.add_argument("--within", metavar="COST", help="1.5ms or 2e6-instructions; default: what the network made by hand costs")
    parser.add_argument("--trials", type=positive(int, 100_000), default=100, help="networks to train (default 100)")
    parser.add_argument("--minutes", type=positive(float, 100_000), default=30, help="no new trial after so many (default 30)")
    parser.add_argument("--folds", type=positive(int, 20), default=3, help="parts, people apart, that judge a trial in turn (default 3)")
    parser.add_argument("--slack", type=float, default=0.5, metavar="POINTS", help="the cheapest that is at most so far from the best is "
                        "chosen (default 0.5)")
    parser.add_argument("--seeds", type=positive(int, 100), default=5, help="trainings of the network chosen, and of the one made by hand, "
                        "at the end (default 5)")
    parser.add_argument("--final-epochs", type=positive(int, 10_000), default=30, help="epochs of those (default 30)")
    _binary(parser)
    _shared(parser, 10, 0.1)


def parser():
    main = argparse.ArgumentParser(prog="factory", description="From data, or a trained model, to a nest that a board runs.",
                                   epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = main.add_subparsers(dest="command", required=True, metavar="COMMAND")
    train = commands.add_parser("train", help="a float model of a family, from data")
    train.add_argument("data", help="see below `factory --help`")
    _family(train)
    _shared(train, 20, 0.1)
    distil = commands.add_parser("distil", help="a student that learns from a teacher's answers")
    distil.add_argument("data", help="as for train")
    distil.add_argument("--teacher", action="append", required=True, metavar="RUN|ONNX", help="a run or an ONNX model; several: their mean")
    distil.add_argument("--unlabelled", action="store_true", help="learn from the teachers alone")
    _family(distil)
    _soft(distil, 0.9)
    _shared(distil, 20, 0.1)
    prune = commands.add_parser("prune", help="fewer channels while training, then healed by the network that it was")
    prune.add_argument("base", metavar="RUN|ONNX", help="the network that is pruned")
    prune.add_argument("--data", required=True, help="as for train")
    prune.add_argument("--keep", type=positive(float, 1.0), default=0.25, help="the share of parameters that stays (default 0.25)")
    _soft(prune, 0.9)
    _shared(prune, 10, 0.05)
    quantise = commands.add_parser("quantise", help="int8, trained through the engine's own integer arithmetic")
    quantise.add_argument("base", metavar="RUN|ONNX", help="the network that is quantised")
    quantise.add_argument("--data", required=True, help="as for train")
    _soft(quantise, 0.9)
    _shared(quantise, 3, 0.0003)
    _table(commands.add_parser("table", help="what each part of a search space costs on a board, measured there"))
    _search(commands.add_parser("search", help="networks that are right and cheap, by a cost table"))
    report = commands.add_parser("report", help="a table of runs")
    report.add_argument("runs", nargs="+", help="run folders, and cost tables")
    report.add_argument("-o", "--output", metavar="FILE", help="write it there instead of showing it")
    report.add_argument("--note", action="append", default=[], metavar="TEXT", help="a paragraph before the tables: what the data is, say")
    report.add_argument("--instructions", action="store_true", help="count ARM instructions too: needs QEMU and make board")
    _talk(report)
    return main


def _summary(result):
    accuracy = result["accuracy"]
    line = f"{result['name']}: {100 * accuracy['test']:.2f} % right on the test part, {result['parameters']} parameters"
    for name, nest in result.get("nests", {}).items():
        line += f"; {name} {nest['bytes']} bytes, {nest['milliseconds']:.4f} ms"
    if "gain" in result:
        line += f"; against the network made by hand {result['gain']['points']:+.2f} points, {-100 * result['gain']['cost']:+.0f} % cost"
    if "agreement" in result:
        line += f"; {result['agreement']['equal']} of {result['agreement']['integers']} integers as in training"
    return line


def _table_summary(result):
    counts = " and ".join(f"{count} {form} networks" for form, count in result["networks"].items())
    line = f"{result['table']}: {counts} measured, {result['unit']} on {result['place']['on']}"
    for form, errors in result["errors"].items():
        line += (f"; {form}: {100 * errors['within10']:.0f} % of {errors['networks']} whole networks within 10 %, "
                 f"{100 * errors['within5']:.0f} % within 5 %")
    return line


def _carry_out(options):
    if options.command == "report":
        from factory import report

        return report.write(options)
    for name in ("base", "data", "table"):
        if hasattr(options, name) and not pathlib.Path(getattr(options, name)).exists():
            raise Failure(f"{getattr(options, name)}: there is nothing of that name")
    if options.command == "table":
        from factory import measuring

        result = measuring.run(options)
        print(json.dumps(result, sort_keys=True) if options.json else _table_summary(result))
        return 0
    options.name = options.name or pathlib.Path(options.output).resolve().name
    if options.command == "search":
        from factory import search as recipe
    else:
        from factory import recipes as recipe
    result = recipe.run(options)
    print(json.dumps(result, sort_keys=True) if options.json else _summary(result))
    return 0


def main(words=None):
    """Runs the command line; gives its exit status."""
    options = parser().parse_args(words)
    try:
        return _carry_out(options)
    except Failure as failure:
        print(f"factory: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("factory: interrupted; the same command goes on from the last whole epoch", file=sys.stderr)
        return 130
