"""plot.py SVG: idle and peak memory and instructions of a client, Skerry beside others, all of one run.

In: JSON, name -> [idle KB, peak KB, million instructions]. Out: bars by matplotlib (Debian package python3-matplotlib), with a
transparent ground and greys and blues that can be read on white and on black.
"""
import json
import sys

import matplotlib

matplotlib.use('svg')
import matplotlib.pyplot as pyplot  # noqa: E402

PANELS = ('idle connection: KB', 'peak heap in a full handshake: KB', 'full handshake: million instructions')
OWN, OTHER, WORDS = '#2a78d6', '#9aa0a8', '#808080'
STYLE = {'svg.hashsalt': 'skerry', 'svg.fonttype': 'none', 'font.size': 9, 'text.color': WORDS, 'axes.labelcolor': WORDS,
         'xtick.color': WORDS, 'ytick.color': WORDS, 'font.family': 'sans-serif'}


def panel(axes, title, values):
    """One row of bars, the shortest on top."""
    ordered = sorted(values.items(), key=lambda item: item[1], reverse=True)
    names, numbers = zip(*ordered)
    bars = axes.barh(names, numbers, color=[OWN if name.startswith('Skerry') else OTHER for name in names], height=0.75)
    axes.bar_label(bars, [f'{number:.2f}' if number < 10 else f'{number:.1f}' for number in numbers], padding=3)
    axes.set_title(title, loc='left', color=WORDS, fontweight='bold', fontsize=10)
    axes.set_xlim(0, max(numbers) * 1.12)
    axes.xaxis.set_visible(False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def draw(measured, path):
    with pyplot.rc_context(STYLE):
        figure, rows = pyplot.subplots(len(PANELS), 1, figsize=(7.6, 0.22 * len(PANELS) * (len(measured) + 2)))
        for n, (axes, title) in enumerate(zip(rows, PANELS)):
            panel(axes, title, {name: row[n] for name, row in measured.items()})
        figure.tight_layout()
        figure.savefig(path, transparent=True, metadata={'Date': None, 'Creator': None})
        pyplot.close(figure)


if __name__ == '__main__':
    draw(json.load(sys.stdin), sys.argv[1])
