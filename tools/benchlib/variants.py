"""The four things that are compared, each with the proof that a process really measured it."""
import os
import re
import subprocess
from dataclasses import dataclass, field


class WrongWinsock(Exception):
    """A process measured something else than was asked for: nothing of the run may be reported."""


@dataclass
class Variant:
    name: str
    label: str
    proof: str  # what the "# winsock" line of every process must match
    folder: str  # of the programs
    windows: bool = True
    env: dict = field(default_factory=dict)

    def command(self, program):
        path = os.path.join(self.folder, "bench_" + program)
        return ["wine", path + ".exe"] if self.windows else [path]

    def environment(self):
        env = {k: v for k, v in os.environ.items() if k not in ("WINEDLLPATH", "WINEDLLOVERRIDES", "WS2KIT_LAYERS")}
        env.update(self.env)
        return env

    def check(self, line):
        if not re.match(self.proof, line):
            raise WrongWinsock(f"{self.label}: wanted a process with /{self.proof}/, got one that says: {line}")


OURS_FAST = "ws2kit"
OURS_SLOW = "ws2kit-no-unix"
WINE = "wine"
LINUX = "linux"


def make(root, prefix, dll_path):
    """All variants; dll_path is where the Unix half would be found, or None."""
    windows = os.path.join(root, "build/x86_64/tests/bench")
    wine_env = {"WINEPREFIX": prefix, "WINEDEBUG": "-all"}
    fast = Variant(OURS_FAST, "ws2kit", r"# winsock ws2kit unix=yes ", windows,
                   env=dict(wine_env, **({"WINEDLLPATH": dll_path} if dll_path else {})))
    slow = Variant(OURS_SLOW, "ws2kit, no Unix half", r"# winsock ws2kit unix=no ", windows, env=wine_env)
    wine = Variant(WINE, "Wine's own", r"# winsock wine ", windows,
                   env=dict(wine_env, WINEDLLOVERRIDES="ws2_32,mswsock,wsock32=b"))
    linux = Variant(LINUX, "native Linux", r"# winsock linux$", os.path.join(root, "build/bench/tests/bench"),
                    windows=False)
    return [fast, slow, wine, linux]


def ask(variant):
    """What a process of this variant says it measures."""
    out = subprocess.run(variant.command("ready") + ["--time", "1", "none"], env=variant.environment(),
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=60,
                         check=False, text=True, errors="replace").stdout
    return next((line.strip() for line in out.splitlines() if line.startswith("# winsock")),
                "nothing (it could not start): " + out.strip()[:200])


def present(variants):
    """
    Those that can be measured. Without a Unix half in the build the first two are one and the same; it is
    then called ws2kit and measured once. The second result says so, or is None.
    """
    fast, slow, wine, linux = variants
    said = ask(fast)
    remark = None
    if re.match(fast.proof, said):
        ours = [fast, slow]
    elif re.match(slow.proof, said):
        slow.name, slow.label = OURS_FAST, "ws2kit"
        ours = [slow]
        remark = "this build has no Unix half: the column ws2kit is ws2kit without it"
    else:
        ours = []
        remark = f"ws2kit itself does not work yet, so there is no column for it; a program on it said: {said}"
    return ours + [wine, linux], remark
