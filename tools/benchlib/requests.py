"""
Counts the wineserver requests of one operation: WINEDEBUG=+server makes the server that a process starts print every
request. The same program runs with N and with M operations; what the M - N more have asked for is theirs.
"""
import collections
import os
import re
import subprocess
import tempfile

from .child import Child, Silent

FEW, MANY = 100, 600
REQUEST = re.compile(r"^[0-9a-f]+: (\w+)\(")


def _server(variant, *what):
    subprocess.run(["wineserver", *what], env=variant.environment(), check=False, stderr=subprocess.DEVNULL)


def _run(settings, variant, program, case, count, log):
    env = dict(variant.environment(), WINEDEBUG="-all,+server", BENCH_DESCRIPTORS=str(os.sysconf("SC_OPEN_MAX")))
    command = variant.command(program.name)
    if program.kind == "table":
        child = Child(command + ["--count", str(count), case.name], env, stderr=log)
        try:
            child.wait_for(case.name + " ", 60, lambda line: line.startswith("# winsock") and variant.check(line))
        finally:
            child.end(20)
        return
    server = Child(command + list(case.args), env, stderr=log)
    try:
        port = server.wait_for("port ", 60, lambda line: line.startswith("# winsock") and variant.check(line)).split()[1]
        mode = "echo" if program.kind == "echo" else "connect"
        args = ["--count", str(count)]
        if "--connections" in case.args:
            args += ["--connections", case.args[case.args.index("--connections") + 1]]
        subprocess.run([settings.load, mode, port, *args], check=False, timeout=120, stdout=subprocess.DEVNULL)
    finally:
        server.end()


def _count(settings, variant, program, case, count):
    """Requests by name of one run with a wineserver of its own."""
    _server(variant, "-k")
    _server(variant, "-w")
    with tempfile.TemporaryFile("w+", errors="replace") as log:
        _run(settings, variant, program, case, count, log)
        _server(variant, "-k")
        _server(variant, "-w")
        log.seek(0)
        return collections.Counter(m.group(1) for line in log if (m := REQUEST.match(line)))


def per_operation(settings, variant, program, case):
    """{request name: how many per operation}, without what is not the operation's (below one in twenty)."""
    few = _count(settings, variant, program, case, FEW)
    many = _count(settings, variant, program, case, MANY)
    more = {name: (many[name] - few[name]) / (MANY - FEW) for name in many}
    return {name: n for name, n in sorted(more.items(), key=lambda item: -item[1]) if n >= 0.05}


def countable(selection):
    """Cases whose operations can be told off by number."""
    for chosen in selection:
        if chosen.program.kind in ("table", "echo", "connects"):
            for case in chosen.cases:
                if not case.name.startswith("dispatch") and "20000" not in case.name and "2000" not in case.name:
                    yield chosen.program, case


def print_all(settings, variants, selection):
    results = {}
    for program, case in countable(selection):
        for variant in variants:
            if not variant.windows:
                continue
            try:
                asked = per_operation(settings, variant, program, case)
            except (Silent, subprocess.TimeoutExpired) as problem:
                print(f"{case.name}: {variant.label}: failed: {problem}", flush=True)
                continue
            results.setdefault(case.name, {})[variant.name] = asked
            names = ", ".join(f"{name} {n:.2g}" for name, n in asked.items())
            print(f"{case.name}: {variant.label}: {sum(asked.values()):.1f} requests"
                  + (f" ({names})" if names else ""), flush=True)
    return results
