"""Draws bars with whiskers from the smallest to the largest run, as an SVG for light pages and for dark ones."""

import dataclasses
import math
from xml.sax.saxutils import escape

WIDTH, LEFT, RIGHT, TOP, ROW, FOOT = 800, 340, 120, 56, 34, 40
BAR = 18

STYLE = """
    .page { fill: #ffffff } .text { fill: #1f2328 } .faint { fill: #59636e } .line { stroke: #d1d9e0 }
    .ours { fill: #2f6fdb } .peer { fill: #9aa4b0 } .whisker { stroke: #1f2328 } .goal { stroke: #bc4c00 }
    .goal-text { fill: #bc4c00 }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117 } .text { fill: #f0f6fc } .faint { fill: #9198a1 } .line { stroke: #3d444d }
      .ours { fill: #4f8ff7 } .peer { fill: #656c76 } .whisker { stroke: #f0f6fc } .goal { stroke: #f0883e }
      .goal-text { fill: #f0883e }
    }
    text { font-family: system-ui, "Segoe UI", Helvetica, Arial, sans-serif; font-size: 13px }
    .title { font-size: 15px; font-weight: 600 } .faint { font-size: 12px } .goal-text { font-size: 12px }
"""


@dataclasses.dataclass(frozen=True)
class Bar:
    label: str
    text: str
    median: float
    minimum: float
    maximum: float
    is_ours: bool


def round_steps(largest, wanted=5):
    """The marks of an axis from 0 to the largest value, at 1, 2 or 5 times a power of ten."""
    if largest <= 0:
        return [0.0, 1.0]
    raw = largest / wanted
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    return [step * number for number in range(math.ceil(largest / step * 0.999) + 1)]


def bars(title, unit, entries, figure, goal=None):
    """The plot's text. `goal` is a value at which a line is drawn, and what it says."""
    marks = round_steps(max([entry.maximum for entry in entries] + ([goal[0]] if goal else [])))
    height = TOP + ROW * len(entries) + FOOT

    def place(value):
        return LEFT + (WIDTH - LEFT - RIGHT) * min(value, marks[-1]) / marks[-1]

    bottom = TOP + ROW * len(entries)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title, {chr(34): "&quot;"})}">',
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}" rx="6"/>',
        f'<text class="text title" x="16" y="26">{escape(title)}</text>',
    ]
    for mark in marks:
        x = place(mark)
        parts.append(f'<line class="line" x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}"/>')
        parts.append(
            f'<text class="faint" x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{figure(mark)}</text>'
        )
    parts.append(f'<text class="faint" x="{WIDTH - 16}" y="{bottom + 32}" text-anchor="end">{escape(unit)}</text>')
    for number, entry in enumerate(entries):
        middle = TOP + ROW * number + ROW / 2
        low, high = place(entry.minimum), place(entry.maximum)
        kind = "ours" if entry.is_ours else "peer"
        parts += [
            f'<text class="text" x="{LEFT - 10}" y="{middle + 4:.1f}" text-anchor="end">{escape(entry.label)}</text>',
            f'<rect class="{kind}" x="{LEFT}" y="{middle - BAR / 2:.1f}" '
            f'width="{max(1, place(entry.median) - LEFT):.1f}" height="{BAR}" rx="2"/>',
            f'<path class="whisker" fill="none" d="M{low:.1f} {middle - 5:.1f}v10M{low:.1f} {middle:.1f}H{high:.1f}'
            f'M{high:.1f} {middle - 5:.1f}v10"/>',
            f'<text class="text" x="{max(high, place(entry.median)) + 8:.1f}" y="{middle + 4:.1f}">'
            f"{escape(entry.text)}</text>",
        ]
    if goal:
        x = place(goal[0])
        parts.append(
            f'<line class="goal" stroke-width="1.5" stroke-dasharray="4 3" x1="{x:.1f}" y1="{TOP - 6}" '
            f'x2="{x:.1f}" y2="{bottom}"/>'
        )
        parts.append(
            f'<text class="goal-text" x="{x:.1f}" y="{TOP - 10}" text-anchor="middle">{escape(goal[1])}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])
