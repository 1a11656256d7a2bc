"""Draws the budget sweep: tokens a second and bytes read a token against the budget, as SVG."""

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 420, 70, 70, 50, 60


def plot(path, points, weights):
    points = sorted(points, key=lambda point: point["budget"])
    most_budget = max(point["budget"] for point in points) * 1.05
    most_rate = max(point["rate"] for point in points) * 1.1
    most_read = max(max(point["read"], point["least"]) for point in points) * 1.1 or 1
    x = lambda budget: LEFT + budget / most_budget * (WIDTH - LEFT - RIGHT)
    y = lambda value, most: HEIGHT - BOTTOM - value / most * (HEIGHT - TOP - BOTTOM)
    line = lambda key, most: " ".join(f"{x(p['budget']):.1f},{y(p[key], most):.1f}" for p in points)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             f'<text x="{WIDTH / 2}" y="24" text-anchor="middle" font-size="16">Speed and bytes read against the memory budget</text>']
    for step in range(6):
        budget = most_budget * step / 5
        parts.append(f'<line x1="{x(budget):.1f}" y1="{TOP}" x2="{x(budget):.1f}" y2="{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(f'<text x="{x(budget):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{budget / 1e6:.0f}</text>')
        at = HEIGHT - BOTTOM - step / 5 * (HEIGHT - TOP - BOTTOM)
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#0b5cad">{most_rate * step / 5:.0f}</text>')
        parts.append(f'<text x="{WIDTH - RIGHT + 8}" y="{at + 4:.1f}" fill="#b3470b">{most_read * step / 5 / 1e6:.0f}</text>')
    parts.append(f'<line x1="{x(weights):.1f}" y1="{TOP}" x2="{x(weights):.1f}" y2="{HEIGHT - BOTTOM}" stroke="#888" stroke-dasharray="4 4"/>')
    parts.append(f'<text x="{x(weights) + 5:.1f}" y="{TOP + 14}" fill="#666">all weights</text>')
    parts.append(f'<polyline points="{line("least", most_read)}" fill="none" stroke="#b3470b" stroke-dasharray="3 4"/>')
    parts.append(f'<polyline points="{line("read", most_read)}" fill="none" stroke="#b3470b" stroke-width="2"/>')
    parts.append(f'<polyline points="{line("rate", most_rate)}" fill="none" stroke="#0b5cad" stroke-width="2"/>')
    for point in points:
        parts.append(f'<circle cx="{x(point["budget"]):.1f}" cy="{y(point["rate"], most_rate):.1f}" r="3.5" fill="#0b5cad"/>')
        parts.append(f'<circle cx="{x(point["budget"]):.1f}" cy="{y(point["read"], most_read):.1f}" r="3.5" fill="#b3470b"/>')
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">budget for arena, cache and weights, MB</text>')
    parts.append(f'<text x="{LEFT}" y="{TOP - 10}" fill="#0b5cad">tokens a second</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{TOP - 10}" text-anchor="end" fill="#b3470b">MB read a token (dashed: weights that are not resident)</text>')
    path.write_text("\n".join(parts) + "\n</svg>\n")
