"""The run: rounds over all programs, in each round every variant next to the others in changing order."""
import argparse
import json
import os
import subprocess
import sys
import time

from . import cases, chart, measure, report, requests, variants
from .child import Child
from .variants import OURS_FAST


def say(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    p = argparse.ArgumentParser(prog="ws2 bench", description="Measures ws2kit against Wine's own ws2_32 and Linux.")
    p.add_argument("names", nargs="*", metavar="NAME", help="a program (pingpong), a case (select-64) or a pattern")
    mode = p.add_mutually_exclusive_group()
    mode.add_argument("--quick", action="store_true", help="under 3 minutes (the default)")
    mode.add_argument("--full", action="store_true", help="every case, more and longer rounds, and the aims")
    p.add_argument("--requests", action="store_true", help="count wineserver requests per operation instead of time")
    p.add_argument("--rounds", type=int, help="how many rounds at most")
    p.add_argument("--cpus", metavar="LIST", help="run everything on these processors, as in 0 or 0,1 "
                   "(on one, figures hold still: see doc/benchmarks.md)")
    p.add_argument("--json", metavar="FILE")
    p.add_argument("--svg", metavar="FILE", help="draw the chart")
    p.add_argument("--list", action="store_true", help="print the names and stop")
    p.add_argument("--root", help=argparse.SUPPRESS)
    p.add_argument("--prefix", help=argparse.SUPPRESS)
    p.add_argument("--dll-path", help=argparse.SUPPRESS)
    return p.parse_args()


def stay_on(cpus):
    """This process and all that it starts, the wineserver included."""
    try:
        os.sched_setaffinity(0, {int(cpu) for cpu in cpus.split(",")})
    except (ValueError, OSError) as problem:
        say(f"ws2: bench: --cpus {cpus}: {problem}")
        sys.exit(2)


class Prefix:
    """The wineserver of the prefix, kept up, and one idle process, so that no measured start boots Windows."""

    def __init__(self, variant):
        self.env = variant.environment()
        self.server = subprocess.Popen(["wineserver", "-f", "-p"], env=self.env, stderr=subprocess.DEVNULL)
        self.keeper = Child(["wine", "cmd.exe"], self.env)
        try:
            self.keeper.wait_for("Microsoft", 60)
        except BaseException:
            self.end()
            raise

    def end(self):
        self.keeper.end()
        subprocess.run(["wineserver", "-k"], env=self.env, check=False, stderr=subprocess.DEVNULL)
        self.server.wait()


def one_round(number, settings, chosen, those, results, until):
    for selection in chosen:
        if until and time.monotonic() > until:
            return
        # Each round begins with another variant, and every other round goes the other way round.
        order = those[number % len(those):] + those[:number % len(those)]
        if number % 2:
            order.reverse()
        for variant in order:
            if selection.program.ours_only and (variant is not those[0] or variant.name != OURS_FAST):
                continue
            got = measure.run(settings, variant, selection.program, selection.cases)
            for name, value in got.items():
                results.setdefault(name, {}).setdefault(variant.name, []).append(value)


def measure_all(args, settings, chosen, those):
    quick = not args.full
    rounds = args.rounds or (5 if quick else 9)
    until = time.monotonic() + (140 if quick else 3600)
    results = {}
    for number in range(rounds):
        began = time.monotonic()
        one_round(number, settings, chosen, those, results, until if number else None)
        took = time.monotonic() - began
        say(f"bench: round {number + 1} of {rounds} took {took:.0f} s")
        if time.monotonic() + took * 0.6 > until and number + 1 < rounds:
            say(f"bench: stopping after {number + 1} rounds: the time is up")
            break
    return results


def list_names():
    for program in cases.PROGRAMS:
        print(program.name + ": " + " ".join(c.name + ("" if c.quick else " (full)") for c in program.cases))


def main():
    args = arguments()
    if args.list:
        list_names()
        return 0
    chosen = cases.select(args.names, not args.full)
    if not chosen:
        say("ws2: bench: nothing has that name; see ./ws2 bench --list")
        return 2

    if args.cpus:
        stay_on(args.cpus)
    made = variants.make(args.root, args.prefix, args.dll_path)
    load = os.path.join(made[-1].folder, "bench_load")
    settings = measure.Settings(60 if not args.full else 250, os.path.dirname(args.prefix), load)
    prefix = Prefix(made[2])
    settings.server_pid = prefix.server.pid
    facts = report.machine()
    facts["mode"] = "full" if args.full else "quick"
    facts["cpus"] = sorted(os.sched_getaffinity(0))
    try:
        those, remark = variants.present(made)
        if remark:
            say("bench: NOTE: " + remark)
        if args.requests:
            prefix.end()
            counted = requests.print_all(settings, those, chosen)
            if args.json:
                with open(args.json, "w", encoding="utf-8") as file:
                    json.dump({**facts, "requests": counted}, file, indent=1)
            return 0
        results = measure_all(args, settings, chosen, those)
    except variants.WrongWinsock as wrong:
        say(f"ws2: bench: {wrong}; no figures are given")
        return 1
    finally:
        prefix.end()

    facts["load_after"] = os.getloadavg()
    facts["notes"] = list(settings.notes) + ([remark] if remark else [])
    report.print_table(results, those)
    report.print_layers(results)
    for note in facts["notes"]:
        print("note: " + note)
    if facts["load"][0] > 0.5 * facts["cores"]:
        print(f"note: other programs were using this machine (load {facts['load'][0]:.1f} on {facts['cores']} cores "
              "before the start): the figures are rough")
    if len(facts["cpus"]) < facts["cores"]:
        print("note: everything ran on processor " + ", ".join(map(str, facts["cpus"])) + " only")
    if args.full:
        report.print_aims(results, remark)
    if args.json:
        report.write_json(args.json, results, those, facts)
    if args.svg:
        chart.write(args.svg, results, those, f"./ws2 bench, {facts['mode']} mode, {facts['cpu']}, {facts['cores']} "
                    f"cores, {facts['wine']}, commit {facts['commit']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
