"""What ./ws2 bench measures: the programs of tests/bench, their cases, and the aims."""
import fnmatch
from dataclasses import dataclass, field

# Units in which less is better; the others are rates.
COSTS = ("us", "ms", "ns", "B", "fds")


@dataclass
class Case:
    name: str
    quick: bool = True  # also in quick mode
    args: tuple = ()  # for servers and the like


@dataclass
class Program:
    name: str  # bench_NAME
    kind: str  # which function of measure.py runs it
    cases: list
    patience: int = 20  # seconds without a line of output after which it hangs
    ours_only: bool = False  # there is nothing to compare with
    group: str = ""  # a name for several programs


def table(name, *cases, **more):
    return Program(name, "table", [c if isinstance(c, Case) else Case(c) for c in cases], **more)


def port_echo(connections, skip, quick):
    return Case(f"echo-port-{connections}" + ("-skip" if skip else ""), quick,
                ("--connections", str(connections), "--skip", str(int(skip))))


PROGRAMS = [
    table("ready", "ready-tcp-64", "ready-udp-64"),
    table("pingpong", "pingpong-tcp-1", "pingpong-tcp-64", "pingpong-tcp-16k", "pingpong-udp-64"),
    table("bulk", "bulk-tcp-64k", "bulk-tcp-1m"),
    table("readiness", "select-1", "select-64", "select-512", "wsapoll-1", "wsapoll-64", "wsapoll-512"),
    table("inquiry", "getsockname", "so-error", "fionbio", "recv-would-block"),
    table("connect", "connect-accept"),
    Program("accept_ex", "connects", [Case("accept-ex")]),
    Program("echo_port", "echo", [port_echo(n, skip, n in (1, 50, 500))
                                  for n in (1, 50, 500, 2000) for skip in (False, True)]),
    Program("echo_event", "echo", [Case("echo-event-50", args=("--connections", "50"))]),
    Program("echo_routine", "echo", [Case("echo-routine-50", args=("--connections", "50"))]),
    table("lifecycle", "socket-close", "socket-close-1000", Case("socket-close-20000", quick=False), patience=90),
    table("names", "getaddrinfo-numeric", "getaddrinfo-localhost", "getaddrinfo-cached",
          "gethostbyname-localhost", "getnameinfo-numeric", "getaddrinfo-numeric-64", "getaddrinfo-localhost-64",
          "getaddrinfo-cached-64"),
    table("dispatch", "dispatch-direct", "dispatch-0", "dispatch-1", "dispatch-2", "dispatch-4", ours_only=True,
          group="layers"),
    table("layers", "completion-base", "completion-ifs", "completion-own", "completion-own-2", ours_only=True),
    Program("transmit", "transmit", [Case("transmitfile")]),
    Program("startup", "startup", [Case("start-empty"), Case("start-to-connected")]),
    Program("memory", "memory", [Case("memory-process"), Case("memory-wineserver"), Case("fds-process"),
                                 Case("fds-wineserver")], patience=60),
]


@dataclass
class Aim:
    """Ratios of speed: 25 means 25 times as fast, 0.5 half as fast."""
    text: str
    cases: tuple
    wine: float = None
    linux: float = None


# Issue 6's table, and issue 5's aims for names.
AIMS = [
    Aim("ready send+recv 64 B", ("ready-tcp-64", "ready-udp-64"), wine=25, linux=1 / 2),
    Aim("blocking ping-pong 64 B TCP", ("pingpong-tcp-64",), wine=5, linux=1 / 1.2),
    Aim("bulk TCP 64 KiB writes", ("bulk-tcp-64k",), wine=6, linux=0.8),
    Aim("WSAPoll, 1 socket ready", ("wsapoll-1",), wine=25, linux=1 / 2),
    Aim("select / WSAPoll, 64 sockets", ("select-64", "wsapoll-64"), wine=6, linux=1 / 2),
    Aim("getsockname, SO_ERROR, FIONBIO, a recv that would block",
        ("getsockname", "so-error", "fionbio", "recv-would-block"), wine=25),
    Aim("completion-port echo, 50 connections", ("echo-port-50",), wine=1.5),
    Aim("the same with skip-on-success", ("echo-port-50-skip",), wine=2.5),
    Aim("socket+close with 20,000 open", ("socket-close-20000",), wine=1.2),
    Aim("getaddrinfo: numeric, localhost, a cached name",
        ("getaddrinfo-numeric", "getaddrinfo-localhost", "getaddrinfo-cached"), wine=2),
    Aim("getaddrinfo by 64 threads at once",
        ("getaddrinfo-numeric-64", "getaddrinfo-localhost-64", "getaddrinfo-cached-64"), wine=2),
    Aim("start to first socket", ("start-to-connected",), wine=1.0),
]

# Aims that compare two of our own cases: (text, case, against, most that may be added, unit) in the case's unit.
DIFFERENCE_AIMS = [
    ("dispatch through ws2_32 to a null provider", "dispatch-0", "dispatch-direct", 15),
    ("one pass-through layer", "dispatch-1", "dispatch-0", 15),
    ("four pass-through layers", "dispatch-4", "dispatch-0", 60),
]

# Aims that compare two of our own cases as a ratio: (text, case, against, most).
GROWTH_AIMS = [
    ("socket+close: flat as the count grows", "socket-close-20000", "socket-close", 1.25),
]


@dataclass
class Selection:
    program: Program
    cases: list = field(default_factory=list)


def select(names, quick):
    """The programs and cases that `names` (of programs, of cases, patterns) ask for; none: all of the mode."""
    chosen = []
    for program in PROGRAMS:
        cases = [c for c in program.cases
                 if (not names and (c.quick or not quick))
                 or any(fnmatch.fnmatch(c.name, n) or n in (program.name, program.group) for n in names)]
        if cases:
            chosen.append(Selection(program, cases))
    return chosen
