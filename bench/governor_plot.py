"""Draws what governors did with one workload as SVG: frequency, power and temperature over time, a line for each governor."""

WIDTH, LEFT, RIGHT, PANEL, TOP, GAP = 900, 70, 130, 150, 60, 60
INK, FAINT, GRID = "#222", "#666", "#e2e2e2"
COLOURS = {"performance": "#b3470b", "schedutil": "#5a8f29", "ondemand": "#8a5fb5", "powersave": "#999", "ours": "#0b5cad"}


def text(x, y, words, anchor="start", colour=INK, size=13):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">{words}</text>'


def smooth(values, width):
    """Means over `width` values."""
    return [sum(values[max(0, end - width) : end]) / len(values[max(0, end - width) : end]) for end in range(1, len(values) + 1)]


def panel(title, top, series, seconds, least):
    most = max(max(values) for values in series.values()) * 1.05
    x = lambda index, count: LEFT + index / max(1, count - 1) * (WIDTH - LEFT - RIGHT)
    y = lambda value: top + PANEL - (value - least) / (most - least) * PANEL
    parts = [text(LEFT, top - 10, title, size=14)]
    for step in range(5):
        value = least + (most - least) * step / 4
        parts.append(f'<line x1="{LEFT}" y1="{y(value):.1f}" x2="{WIDTH - RIGHT}" y2="{y(value):.1f}" stroke="{GRID}"/>')
        parts.append(text(LEFT - 8, y(value) + 4, f"{value:.0f}" if most >= 100 else f"{value:.3g}", "end", FAINT))
    for step in range(7):
        parts.append(text(LEFT + step / 6 * (WIDTH - LEFT - RIGHT), top + PANEL + 18, f"{seconds * step / 6:.0f} s", "middle", FAINT))
    for name, values in series.items():
        points = " ".join(f"{x(index, len(values)):.1f},{y(value):.1f}" for index, value in enumerate(values))
        width = 2.2 if name == "ours" else 1.3
        parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[name]}" stroke-width="{width}"/>')
    return parts


def plot(path, workload, runs):
    """`runs`: objects of `virtual-board governors --workload`."""
    seconds = runs[0]["seconds"]
    parts = [text(LEFT, 26, f"{workload}: governors on a simulated processor, means of a second", size=16)]
    for number, (title, least, index) in enumerate([("MHz", 0, 0), ("watts", 0, 1), ("°C", 40, 2)]):
        series = {run["governor"]: smooth([point[index] for point in run["trace"]], 10) for run in runs}
        parts += panel(title, TOP + number * (PANEL + GAP), series, seconds, least)
    for number, run in enumerate(runs):
        name, height = run["governor"], TOP + 14 + number * 34
        parts.append(text(WIDTH - RIGHT + 12, height, name, colour=COLOURS[name]))
        parts.append(text(WIDTH - RIGHT + 12, height + 15, f"{run['joules']:.0f} J, {run['misses']} late", colour=FAINT, size=11))
    height = TOP + 3 * (PANEL + GAP)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'
    )
