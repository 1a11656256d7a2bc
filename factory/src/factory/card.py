"""A run's model card: what the model is, what it learnt from, how right it is, and how to make it again."""


def text(options, result, data):
    """Markdown."""
    accuracy = result["accuracy"]
    lines = [
        f"# {options['name']}",
        f"Made by `factory {options['command']}` from {data.kind} of {len(data.classes)} classes: {', '.join(data.classes[:40])}"
        + ("…" if len(data.classes) > 40 else "") + ".",
        "",
        "| what | value |",
        "| --- | --- |",
        f"| right on the test part ({len(data.x['test'])} examples, no choice made by them) | {100 * accuracy['test']:.2f} % |",
        f"| right on the validation part ({len(data.x['validation'])} examples) | {100 * accuracy['validation']:.2f} % |",
        f"| parameters | {result['parameters']} |",
        f"| multiplications of one inference | {result['products']} |",
        f"| examples trained with | {len(data.x['train'])} |",
        f"| seed | {options['seed']} |",
    ]
    for name, nest in result.get("nests", {}).items():
        lines.append(f"| {name} | {nest['bytes']} bytes, {nest['milliseconds']:.4f} ms on the machine that made it |")
    if "agreement" in result:
        same = result["agreement"]
        lines.append(f"| the nest's integers equal to training's | {same['equal']} of {same['integers']} ({same['inputs']} inputs) |")
    lines += ["", "Accuracy holds for data like that which it was measured on, and for nothing else."]
    lines += [f"- {note}" for note in data.notes[:20]]
    if len(data.notes) > 20:
        lines.append(f"- and {len(data.notes) - 20} more such notes")
    lines += ["", "Its options are in `options.json`, each epoch is in `log.jsonl`.", ""]
    return "\n".join(lines)
