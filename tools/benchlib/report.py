"""The table of a run, its aims, and the JSON."""
import datetime
import json
import os
import platform
import subprocess

from . import stats
from .cases import AIMS, DIFFERENCE_AIMS, GROWTH_AIMS, PROGRAMS
from .measure import Failed
from .variants import LINUX, OURS_FAST, OURS_SLOW, WINE


def number(value):
    if value is None:
        return "-"
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}" if size >= 0.1 else f"{value:.4f}"


def times(ratio):
    return "-" if ratio is None else number(ratio) + "x"


def cell(values):
    """Median, and how far the middle rounds lie from it in percent."""
    if not values:
        return "-"
    if not stats.good(values):
        return "failed"
    middle = stats.median(values)
    low, high = stats.spread(values)
    off = max(high - middle, middle - low) / middle * 100 if middle else 0
    lost = len(values) - len(stats.good(values))
    return f"{number(middle)} ±{off:.0f}%" + (f" ({lost} failed)" if lost else "")


def ordered(results):
    known = [c.name for p in PROGRAMS for c in p.cases]
    return sorted(results, key=known.index)


def _pairs(names):
    """The ratios to print: (heading, ours, theirs)."""
    pairs = []
    for ours, text in ((OURS_FAST, "ws2kit"), (OURS_SLOW, "no Unix half")):
        for theirs in (WINE, LINUX):
            if ours in names and theirs in names:
                pairs.append((f"{text} vs {'Wine' if theirs == WINE else 'Linux'}", ours, theirs))
    return pairs


def print_columns(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for n, row in enumerate(rows):
        print("  ".join(text.ljust(w) if i < 2 else text.rjust(w)
                        for i, (text, w) in enumerate(zip(row, widths))).rstrip())
        if n == 0:
            print("  ".join("-" * w for w in widths))


def print_table(results, variants):
    pairs = _pairs([v.name for v in variants])
    rows = [["case", "unit"] + [v.label for v in variants] + [p[0] for p in pairs]]
    for case in ordered(results):
        by = results[case]
        rows.append([case, stats.unit(by)] + [cell(by.get(v.name)) for v in variants]
                    + [times(stats.speed(by.get(o, []), by.get(t, []))) for _, o, t in pairs])
    print_columns(rows)
    print("\nA ratio says how many times as fast; it is the median of the rounds' ratios and the only thing to quote.")
    print_failures(results, variants)


def print_failures(results, variants):
    for case in ordered(results):
        for v in variants:
            reasons = sorted({r.reason for r in results[case].get(v.name, []) if isinstance(r, Failed)})
            for reason in reasons:
                print(f"FAILED: {case}, {v.label}: {reason}")


def _rounds(results, case):
    return results.get(case, {}).get(OURS_FAST, [])


def print_layers(results):
    """What a layer costs: the differences between the dispatch cases, and completions per second."""
    added = [("ws2_32's dispatch", "dispatch-0", "dispatch-direct", 1)]
    added += [(f"each of {n} layers" if n > 1 else "one layer", f"dispatch-{n}", "dispatch-0", n) for n in (1, 2, 4)]
    for text, case, base, count in added:
        rounds = [((a[0] - b[0]) / count, a[1]) for a, b in zip(_rounds(results, case), _rounds(results, base))
                  if not isinstance(a, Failed) and not isinstance(b, Failed)]
        if rounds:
            print(f"added to a call by {text}: {stats.median(rounds):.1f} ns (aim: under 15)")
    for case in (c.name for p in PROGRAMS if p.name == "layers" for c in p.cases):
        rounds, base = _rounds(results, case), _rounds(results, "completion-base")
        if stats.good(rounds):
            share = stats.speed(rounds, base)
            print(f"{case}: {1e6 / stats.median(rounds):,.0f} completions per second"
                  + (f", {share:.2f} of the base provider's" if share and case != "completion-base" else ""))


def _judge(got, want):
    return None if got is None else got >= want


def aims(results):
    """Rows (text, case, against, wanted, got, met); met is None when the run does not tell."""
    rows = []

    def ratio(case, theirs):
        by = results.get(case, {})
        return stats.speed(by.get(OURS_FAST, []), by.get(theirs, []))

    def middle(case):
        values = results.get(case, {}).get(OURS_FAST, [])
        return stats.median(values) if stats.good(values) else None

    for aim in AIMS:
        for case in aim.cases:
            for against, theirs, want in (("Wine's own", WINE, aim.wine), ("native Linux", LINUX, aim.linux)):
                if want:
                    got = ratio(case, theirs)
                    rows.append((aim.text, case, against, times(want), times(got), _judge(got, want)))
    for text, case, base, most in GROWTH_AIMS:
        a, b = middle(case), middle(base)
        got = a / b if a and b else None
        rows.append((text, case, base, "at most " + times(most), times(got), None if got is None else got <= most))
    for text, case, base, most in DIFFERENCE_AIMS:
        a, b = middle(case), middle(base)
        got = None if a is None or b is None else a - b
        rows.append((text, case, base, f"under {most} ns more", "-" if got is None else f"{got:.1f} ns",
                     None if got is None else got < most))
    return rows


def print_aims(results, remark):
    rows = [["aim", "case", "against", "wanted", "measured", "verdict"]]
    for text, case, against, wanted, got, met in aims(results):
        verdict = "not measured" if met is None else "met" if met else "NOT MET"
        rows.append([text, case, against, wanted, got, verdict])
    print("\nThe aims of issue 6" + (f" ({remark})" if remark else ""))
    print_columns(rows)
    told = [r[5] for r in rows[1:]]
    print(f"\n{told.count('met')} met, {told.count('NOT MET')} not met, {told.count('not measured')} not measured")


def machine():
    def output(*command):
        try:
            return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                  check=False).stdout.strip()
        except OSError:
            return ""
    model = ""
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "")
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "wine": output("wine", "--version"),
            "descriptors": os.sysconf("SC_OPEN_MAX"), "load": os.getloadavg(),
            "commit": output("git", "describe", "--always", "--dirty"),
            "time": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")}


def write_json(path, results, variants, facts):
    def values(rounds):
        numbers = stats.good(rounds)
        out = {"rounds": [v[0] if not isinstance(v, Failed) else None for v in rounds]}
        if numbers:
            low, high = stats.spread(rounds)
            out.update(median=stats.median(rounds), low=low, high=high)
        failed = sorted({v.reason for v in rounds if isinstance(v, Failed)})
        if failed:
            out["failed"] = failed
        return out

    pairs = _pairs([v.name for v in variants])
    cases = {}
    for case in ordered(results):
        by = results[case]
        cases[case] = {"unit": stats.unit(by), "variants": {v: values(r) for v, r in by.items()},
                       "speed": {f"{o}/{t}": stats.speed(by.get(o, []), by.get(t, [])) for _, o, t in pairs}}
    told = [dict(zip(("aim", "case", "against", "wanted", "measured", "met"), row)) for row in aims(results)]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**facts, "variants": {v.name: v.label for v in variants}, "cases": cases, "aims": told}, file,
                  indent=1)
        file.write("\n")
