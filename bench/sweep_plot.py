"""Draws the budget sweep as SVG: tokens a second above, bytes read a token below, both against the memory limit."""

WIDTH, LEFT, RIGHT, PANEL, TOP, GAP = 760, 64, 150, 200, 62, 62
INK, FAINT, GRID = "#222", "#666", "#e2e2e2"
COLOURS = {"Swiftlet": "#0b5cad", "llama.cpp, mmap": "#b3470b"}


def ticks(most):
    """Round steps, about five of them, up to or just above `most`."""
    step = 1
    while most / step > 6:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return [step * index for index in range(int(-(-most // step)) + 1)]


def text(x, y, words, anchor="start", colour=INK, size=13):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{words}</text>'


def apart(labels, least=15):
    """Heights of labels, moved up where they would overlap."""
    moved, last = {}, None
    for name, height in sorted(labels.items(), key=lambda entry: -entry[1]):
        height = height if last is None else min(height, last - least)
        moved[name] = last = height
    return moved


def panel(title, top, across, series, dashed=None):
    """`series`: name to points (x, y); `dashed` likewise, one line."""
    scale = ticks(max(y for points in [*series.values(), *([dashed[1]] if dashed else [])] for _, y in points))
    x = lambda value: LEFT + value / across[-1] * (WIDTH - LEFT - RIGHT)
    y = lambda value: top + PANEL - value / scale[-1] * PANEL
    parts = [text(LEFT - 44, top - 14, title, size=14)]
    for value in scale:
        parts.append(f'<line x1="{LEFT}" y1="{y(value):.1f}" x2="{WIDTH - RIGHT}" y2="{y(value):.1f}" stroke="{GRID}"/>')
        parts.append(text(LEFT - 8, y(value) + 4, value, "end", FAINT))
    for value in across:
        parts.append(f'<line x1="{x(value):.1f}" y1="{top + PANEL}" x2="{x(value):.1f}" y2="{top + PANEL + 5}" stroke="{FAINT}"/>')
        parts.append(text(x(value), top + PANEL + 20, value, "middle", FAINT))
    ends = {}
    for name, points in series.items():
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3.5" fill="{COLOURS[name]}"/>' for a, b in points]
        ends[name] = y(points[-1][1]) + 4
    if dashed:
        path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in dashed[1])
        parts.append(f'<polyline points="{path}" fill="none" stroke="{FAINT}" stroke-width="1.5" stroke-dasharray="5 4"/>')
        ends[dashed[0]] = y(dashed[1][-1][1]) + 4
    for name, height in apart(ends).items():
        parts.append(text(WIDTH - RIGHT + 10, height, name, colour=COLOURS.get(name, FAINT)))
    return parts, x


def plot(path, ours, theirs, weights):
    """Points: {"budget", "rate", "read"} in bytes, tokens a second, bytes a token; `theirs` may be empty. `weights`: all of them."""
    sorts = lambda points: sorted(points, key=lambda point: point["budget"])
    sets = {name: sorts(points) for name, points in (("Swiftlet", ours), ("llama.cpp, mmap", theirs)) if points}
    across = ticks(max(point["budget"] for points in sets.values() for point in points) / 1e6)
    of = lambda key, unit: {name: [(point["budget"] / 1e6, point[key] / unit) for point in points] for name, points in sets.items()}
    second = TOP + PANEL + GAP
    height = second + PANEL + 56
    first_budget, last_budget = (sets["Swiftlet"][at]["budget"] for at in (0, -1))
    missing = (
        [(first_budget / 1e6, (weights - first_budget) / 1e6), (weights / 1e6, 0), (last_budget / 1e6, 0)]
        if last_budget > weights
        else [(b / 1e6, (weights - b) / 1e6) for b in (first_budget, last_budget)]
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif">',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        text(20, 24, f"A model of {weights / 1e6:.0f} MB in less memory", size=16),
    ]
    rates, x = panel("tokens a second", TOP, across, of("rate", 1))
    reads, _ = panel("MB read from storage for a token", second, across, of("read", 1e6), ("what doesn't fit", missing))
    parts += [
        f'<line x1="{x(weights / 1e6):.1f}" y1="{TOP}" x2="{x(weights / 1e6):.1f}" y2="{second + PANEL}" '
        f'stroke="{FAINT}" stroke-dasharray="2 4"/>',
        text(x(weights / 1e6) - 5, second - GAP / 2 + 8, "all weights", "end", FAINT, 12),
    ]
    parts += (
        rates
        + reads
        + [text((LEFT + WIDTH - RIGHT) / 2, height - 14, "memory limit in MB: Swiftlet's whole process, llama.cpp's file alone", "middle")]
    )
    path.write_text("\n".join(parts) + "\n</svg>\n")
