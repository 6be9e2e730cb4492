"""The chart for the README: how many times as fast as Wine's own ws2_32, on a logarithmic scale."""
import math
from html import escape

from . import stats
from .variants import LINUX, OURS_FAST, OURS_SLOW, WINE

COLOURS = {OURS_FAST: "#1f6feb", OURS_SLOW: "#8fb8f6", LINUX: "#9a9a9a"}
SHOWN = {
    "ready-tcp-64": "send + recv of 64 bytes that are there",
    "pingpong-tcp-64": "ping-pong, 64 bytes, TCP",
    "bulk-tcp-64k": "bulk TCP, 64 KiB writes",
    "wsapoll-1": "WSAPoll, 1 socket",
    "select-64": "select, 64 sockets",
    "getsockname": "getsockname",
    "recv-would-block": "a recv that would block",
    "connect-accept": "connect + accept",
    "accept-ex": "AcceptEx",
    "echo-port-50": "completion-port echo, 50 connections",
    "echo-port-50-skip": "the same, skip-on-success",
    "socket-close": "socket + closesocket",
    "transmitfile": "TransmitFile, 100 MiB",
    "start-to-connected": "start to first connection",
}
LEFT, WIDTH, BAR, GAP, TOP = 270, 430, 9, 10, 56


def write(path, results, variants, footer):
    shown = [v for v in variants if v.name in COLOURS]
    rows = []
    for case, text in SHOWN.items():
        by = results.get(case, {})
        bars = [(v, stats.speed(by.get(v.name, []), by.get(WINE, []))) for v in shown]
        if any(speed for _, speed in bars):
            rows.append((text, bars))
    top = max((speed for _, bars in rows for _, speed in bars if speed), default=10)
    low = min((speed for _, bars in rows for _, speed in bars if speed), default=1)
    first = min(-0.301, math.log10(low) - 0.05)
    last = math.log10(max(top, 2)) + 0.08

    def x(speed):
        return LEFT + (math.log10(speed) - first) / (last - first) * WIDTH

    step = len(shown) * BAR + GAP
    height = TOP + len(rows) * step + 44
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LEFT + WIDTH + 70} {height}" '
           'font-family="system-ui, sans-serif" font-size="12">',
           f'<rect width="100%" height="100%" fill="#ffffff"/>',
           f'<text x="12" y="20" font-size="15" font-weight="600">Times as fast as Wine\'s own ws2_32</text>']
    at = 12
    for v in shown:
        out.append(f'<rect x="{at}" y="30" width="10" height="10" fill="{COLOURS[v.name]}"/>'
                   f'<text x="{at + 15}" y="39">{escape(v.label)}</text>')
        at += 35 + 7 * len(v.label)
    for power in range(math.floor(first), math.ceil(last) + 1):
        for mark in (10 ** power, 2 * 10 ** power, 5 * 10 ** power):
            if first <= math.log10(mark) <= last:
                strong = mark == 1
                out.append(f'<line x1="{x(mark):.1f}" y1="{TOP - 4}" x2="{x(mark):.1f}" y2="{height - 38}" '
                           f'stroke="{"#444" if strong else "#e4e4e4"}"/>'
                           f'<text x="{x(mark):.1f}" y="{height - 24}" text-anchor="middle" fill="#555">{mark:g}×</text>')
    for i, (text, bars) in enumerate(rows):
        y = TOP + i * step
        out.append(f'<text x="{LEFT - 8}" y="{y + len(shown) * BAR / 2 + 4:.1f}" text-anchor="end">{escape(text)}</text>')
        for n, (v, speed) in enumerate(bars):
            if not speed:
                continue
            a, b = sorted((x(1), x(speed)))
            out.append(f'<rect x="{a:.1f}" y="{y + n * BAR}" width="{max(b - a, 1):.1f}" height="{BAR - 1}" '
                       f'fill="{COLOURS[v.name]}"/>')
            out.append(f'<text x="{max(b, x(1)) + 4:.1f}" y="{y + n * BAR + 8}" font-size="9" fill="#444">{speed:.3g}×</text>')
    out.append(f'<text x="12" y="{height - 6}" font-size="10" fill="#777">{escape(footer)}</text></svg>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")
