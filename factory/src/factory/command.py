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
  factory report runs/* -o RESULTS.md

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
    report = commands.add_parser("report", help="a table of runs")
    report.add_argument("runs", nargs="+", help="run folders")
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
    if "agreement" in result:
        line += f"; {result['agreement']['equal']} of {result['agreement']['integers']} integers as in training"
    return line


def _carry_out(options):
    if options.command == "report":
        from factory import report

        return report.write(options)
    for name in ("base", "data"):
        if hasattr(options, name) and not pathlib.Path(getattr(options, name)).exists():
            raise Failure(f"{getattr(options, name)}: there is nothing of that name")
    options.name = options.name or pathlib.Path(options.output).resolve().name
    from factory import recipes

    result = recipes.run(options)
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
