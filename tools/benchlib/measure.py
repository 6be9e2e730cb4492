"""
Runs one program in one variant once. Every function here takes (settings, variant, program, cases) and returns
{case name: (value, unit) or Failed}; a case that crashes or hangs costs only itself.
"""
import os
import socket
import time
from dataclasses import dataclass, field

from .child import Child, Silent


@dataclass
class Failed:
    reason: str


@dataclass
class Settings:
    time_ms: int
    folder: str  # for the file that is transmitted
    load: str  # the Linux program `load`
    server_pid: int = 0  # of the prefix's wineserver
    notes: dict = field(default_factory=dict)  # remark: when it was first made


def _env(variant):
    env = variant.environment()
    env["BENCH_DESCRIPTORS"] = str(os.sysconf("SC_OPEN_MAX"))
    return env


def table(settings, variant, program, cases):
    """Runs the cases in one process; after a failure the rest in a new one."""
    results = {}
    names = ["empty"] + [c.name for c in cases]
    while names:
        child = Child(variant.command(program.name) + ["--time", str(settings.time_ms)] + names, _env(variant))
        running = names[0]
        problem = None
        try:
            while (line := child.line(program.patience)) is not None:
                words = line.split(None, 2)
                if line.startswith("# winsock"):
                    variant.check(line)
                elif line.startswith("# case "):
                    running = words[2]
                elif line.startswith("# note "):
                    settings.notes.setdefault(f"{variant.label}: {line[7:]}")
                elif len(words) == 3 and words[1] == "failed":
                    problem = words[2]
                elif len(words) == 3 and words[0] in names:
                    results[words[0]] = (float(words[1]), words[2])
        except Silent as silent:
            problem = str(silent)
        finally:
            child.end(1 if problem else 10)
        if running not in results:
            results[running] = Failed(problem or f"the program crashed (status {child.process.returncode})")
        names = [n for n in names if n not in results] if problem or running != names[-1] else []
    results.pop("empty", None)
    return results


def _each(cases, run):
    """One process for each case."""
    results = {}
    for case in cases:
        try:
            results[case.name] = run(case)
        except Silent as silent:
            results[case.name] = Failed(str(silent))
    return results


def _check(variant):
    return lambda line: variant.check(line) if line.startswith("# winsock") else None


def _load(settings, program, mode, port, args):
    child = Child([settings.load, mode, port, *args], dict(os.environ))
    try:
        return child.wait_for("rate ", program.patience).split()
    finally:
        child.kill()


def _served(settings, variant, program, mode, time_ms):
    def run(case):
        server = Child(variant.command(program.name) + list(case.args), _env(variant))
        try:
            port = server.wait_for("port ", program.patience, _check(variant)).split()[1]
            args = ["--time", str(time_ms)]
            if "--connections" in case.args:
                args += ["--connections", case.args[case.args.index("--connections") + 1]]
            rate = _load(settings, program, mode, port, args)
            return (float(rate[1]), rate[2])
        finally:
            server.end()
    return run


def echo(settings, variant, program, cases):
    return _each(cases, _served(settings, variant, program, "echo", settings.time_ms * 3))


def connects(settings, variant, program, cases):
    return _each(cases, _served(settings, variant, program, "connect", settings.time_ms * 3))


FILE_BYTES = 100 << 20


def _file_to_send(folder, size):
    path = os.path.join(folder, "transmit.bin")
    if not os.path.exists(path) or os.path.getsize(path) != size:
        with open(path, "wb") as file:
            for _ in range(size >> 20):
                file.write(os.urandom(1 << 20))
    return path


def transmit(settings, variant, program, cases, size=FILE_BYTES):
    path = _file_to_send(settings.folder, size)
    name = "Z:" + path.replace("/", "\\") if variant.windows else path

    def run(case):
        sink = Child([settings.load, "sink"], dict(os.environ))
        try:
            port = sink.wait_for("port ", program.patience).split()[1]
            sender = Child(variant.command(program.name) + ["--peer", port, "--file", name], _env(variant))
            try:
                words = sender.wait_for(case.name + " ", program.patience, _check(variant)).split(None, 2)
            finally:
                sender.end(1)
            return Failed(words[2]) if words[1] == "failed" else (float(words[1]), words[2])
        finally:
            sink.kill()
    return _each(cases, run)


def _start_empty(variant, program):
    began = time.monotonic()
    child = Child(variant.command("startup_empty"), _env(variant))
    try:
        child.wait_for("here", program.patience)
        return (time.monotonic() - began) * 1e3, "ms"
    finally:
        child.end()


def _start_to_connected(variant, program):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(program.patience)
        began = time.monotonic()
        child = Child(variant.command("startup") + ["--peer", str(listener.getsockname()[1])], _env(variant))
        try:
            peer, _ = listener.accept()
            took = time.monotonic() - began
            peer.close()
            child.wait_for("# winsock", program.patience, _check(variant))
            return took * 1e3, "ms"
        except TimeoutError:
            raise Silent(f"not connected after {program.patience} s") from None
        finally:
            child.end()


def startup(_settings, variant, program, cases):
    """Process start is short and uneven: the middle one of five."""
    def run(case):
        one = _start_empty if case.name == "start-empty" else _start_to_connected
        return sorted(one(variant, program) for _ in range(5))[2]
    return _each(cases, run)


def _private_bytes(pid):
    total = 0
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        for line in rollup:
            if line.startswith(("Private_Clean:", "Private_Dirty:", "Swap:")):
                total += int(line.split()[1]) * 1024
    return total


def _weigh(pid):
    return _private_bytes(pid), len(os.listdir(f"/proc/{pid}/fd"))


def memory(settings, variant, program, cases):
    """Private memory and descriptors of the process and of the wineserver, before and with the sockets."""
    sockets = 2000
    wanted = [c.name for c in cases]
    child = Child(variant.command(program.name) + ["--sockets", str(sockets)], _env(variant))
    pids = {"process": child.process.pid}
    if variant.windows and settings.server_pid:
        pids["wineserver"] = settings.server_pid
    try:
        child.wait_for("ready 0", program.patience, _check(variant))
        before = {who: _weigh(pid) for who, pid in pids.items()}
        child.say()
        child.wait_for(f"ready {sockets}", program.patience)
        after = {who: _weigh(pid) for who, pid in pids.items()}
    except Silent as silent:
        return {name: Failed(str(silent)) for name in wanted}
    finally:
        child.end()
    results = {}
    for who in pids:
        results["memory-" + who] = ((after[who][0] - before[who][0]) / sockets, "B")
        results["fds-" + who] = ((after[who][1] - before[who][1]) / sockets, "fds")
    return {name: value for name, value in results.items() if name in wanted}


KINDS = {"table": table, "echo": echo, "connects": connects, "transmit": transmit, "startup": startup,
         "memory": memory}


def run(settings, variant, program, cases):
    return KINDS[program.kind](settings, variant, program, cases)
