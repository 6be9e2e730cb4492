"""
Counts the wineserver requests of one operation, in a wineserver that prints every request it serves (-d1). The same
program runs with few and with more operations; what the difference has asked for is theirs.
"""
import collections
import os
import re
import subprocess
import tempfile
import time

from . import measure
from .child import Child, Silent
from .variants import OURS_FAST

MORE = 500
# "0024: send_socket( async=... )"; the answer's line says "send_socket() = 0".
REQUEST = re.compile(r"^[0-9a-f]+: (\w+)\((?!\) = )")


class TalkingServer:
    """The prefix with such a server, past the bustle of its start."""

    def __init__(self, variant):
        self.env = variant.environment()
        self.log = tempfile.NamedTemporaryFile("r", errors="replace")
        with open(self.log.name, "w", encoding="ascii") as out:
            self.server = subprocess.Popen(["wineserver", "-d1", "-f", "-p"], env=self.env, stderr=out)
        self.keeper = Child(["wine", "cmd.exe"], self.env)
        self.keeper.wait_for("Microsoft", 60)
        self.settle()

    def size(self):
        return os.path.getsize(self.log.name)

    def settle(self):
        """Waits until nobody has asked for anything for a while."""
        size, end = -1, time.monotonic() + 30
        while size != self.size() and time.monotonic() < end:
            size = self.size()
            time.sleep(0.4)

    def counted(self, run):
        self.settle()
        begin = self.size()
        run()
        self.settle()
        self.log.seek(begin)
        return collections.Counter(m.group(1) for line in self.log if (m := REQUEST.match(line)))

    def end(self):
        self.keeper.end()
        subprocess.run(["wineserver", "-k"], env=self.env, check=False, stderr=subprocess.DEVNULL)
        self.server.wait()
        self.log.close()


def _connections(case):
    return int(case.args[case.args.index("--connections") + 1]) if "--connections" in case.args else 0


def _run(settings, variant, program, case, count):
    env = dict(variant.environment(), BENCH_DESCRIPTORS=str(os.sysconf("SC_OPEN_MAX")))

    def proof(line):
        if line.startswith("# winsock"):
            variant.check(line)

    if program.kind == "table":
        child = Child(variant.command(program.name) + ["--count", str(count), case.name], env)
        try:
            line = child.wait_for(case.name + " ", 60, proof)
        finally:
            child.end(20)
        if line.split()[1] == "failed":
            raise Silent(line)
        return
    server = Child(variant.command(program.name) + list(case.args), env)
    try:
        port = server.wait_for("port ", 60, proof).split()[1]
        args = ["--count", str(count), "--connections", str(_connections(case))]
        subprocess.run([settings.load, "echo" if program.kind == "echo" else "connect", port, *args], check=True,
                       timeout=120, stdout=subprocess.DEVNULL)
    finally:
        server.end()


def _per_operation(talking, settings, variant, program, case):
    """{request name: how many per operation}, without what is below one in twenty."""
    start = 100 + 2 * _connections(case)
    few, many = (talking.counted(lambda n=n: _run(settings, variant, program, case, n)) for n in (start, start + MORE))
    more = {name: (many[name] - few[name]) / MORE for name in many}
    return {name: n for name, n in sorted(more.items(), key=lambda item: -item[1]) if n >= 0.05}


def _whole_start(talking, settings, variant, case):
    """What the whole life of a program that does the case's one thing asks for."""
    def empty():
        Child(variant.command("startup_empty"), variant.environment()).end(20)

    def connected():
        sink = Child([settings.load, "sink"], dict(os.environ))
        try:
            port = sink.wait_for("port ", 20).split()[1]
            Child(variant.command("startup") + ["--peer", port], variant.environment()).end(20)
        finally:
            sink.kill()
    asked = talking.counted(empty if case.name == "start-empty" else connected)
    return dict(asked.most_common())


def _transmission(talking, settings, variant, program, case):
    """What 100 MiB of a file ask for."""
    def run(mebibytes):
        got = measure.transmit(settings, variant, program, [case], mebibytes << 20)[case.name]
        if isinstance(got, measure.Failed):
            raise Silent(got.reason)
    few, many = (talking.counted(lambda n=n: run(n)) for n in (10, 110))
    return {name: many[name] - few[name] for name in many if many[name] > few[name]}


def countable(selection):
    """Cases whose operations can be told off by number."""
    for chosen in selection:
        if chosen.program.kind in ("table", "echo", "connects", "transmit", "startup"):
            for case in chosen.cases:
                if not case.name.endswith("000") and not case.name.endswith("000-skip"):
                    yield chosen.program, case


def print_all(settings, variants, selection):
    results = {}
    for variant in variants:
        if not variant.windows:
            continue
        talking = TalkingServer(variant)
        try:
            for program, case in countable(selection):
                if program.ours_only and (variant is not variants[0] or variant.name != OURS_FAST):
                    continue
                try:
                    if program.kind == "startup":
                        asked = _whole_start(talking, settings, variant, case)
                    elif program.kind == "transmit":
                        asked = _transmission(talking, settings, variant, program, case)
                    else:
                        asked = _per_operation(talking, settings, variant, program, case)
                except (Silent, subprocess.SubprocessError) as problem:
                    print(f"{case.name}: {variant.label}: failed: {problem}", flush=True)
                    continue
                results.setdefault(case.name, {})[variant.name] = asked
                names = ", ".join(f"{name} {n:.2g}" for name, n in asked.items())
                print(f"{case.name}: {variant.label}: {sum(asked.values()):.1f} requests"
                      + (f" ({names})" if names else ""), flush=True)
        finally:
            talking.end()
    return results
