"""Draws the bars of docs/figures.svg: what was measured here, beside what was measured of others (docs/figures.md).

Plain SVG text, no library: three rows of bars, the shortest is the best. Colours hold in light and dark pages.
"""
OTHERS = {  # million instructions of a client's full handshake, peak heap and idle heap in KB
    'OpenSSL 3.5': (4.99, 97, 28), 'BoringSSL': (7.11, 17.0, 11.4), 'wolfSSL': (2.89, 13.3, 3.8), 'rustls': (3.25, 9.8, 8.9),
    'picotls': (7.62, 28.3, 3.6), 's2n-tls': (8.14, 80, 50), 'mbedTLS': (44.7, 56, 46), 'MicroPython (TLS 1.2)': (46.4, 28.8, 23.4)}
TITLES = ('full handshake, client: million instructions', 'peak heap in the handshake: KB', 'idle connection: KB')
WIDTH, LABEL, BAR, STEP = 720, 170, 14, 19


def text(x, y, words, extra=''):
    return f'<text x="{x}" y="{y}" font-family="sans-serif" font-size="12" fill="#888" {extra}>{words}</text>'


def panel(top, title, values):
    """One row of bars; returns the SVG and where it ends."""
    scale = (WIDTH - LABEL - 70) / max(values.values())
    parts, y = [text(0, top + 12, title, 'font-weight="bold"')], top + 20
    for name, value in sorted(values.items(), key=lambda item: item[1]):
        colour = '#2a78d6' if name.startswith('Skerry') else '#b0b4bb'
        width = max(value * scale, 1)
        parts.append(text(LABEL - 8, y + 11, name, 'text-anchor="end"'))
        parts.append(f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>')
        parts.append(text(f'{LABEL + width + 6:.1f}', y + 11, f'{value:.2f}' if value < 10 else f'{value:.1f}'))
        y += STEP
    return '\n'.join(parts), y + 16


def draw(measured):
    """measured: name -> (million instructions, peak KB, idle KB). The SVG's text."""
    parts, y = [], 4
    for n, title in enumerate(TITLES):
        svg, y = panel(y, title, {name: row[n] for name, row in {**OTHERS, **measured}.items()})
        parts.append(svg)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}">\n'
            + '\n'.join(parts) + '\n</svg>\n')
