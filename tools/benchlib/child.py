"""A benchmark process: its lines as they come, with a limit on how long it may be silent."""
import queue
import subprocess
import threading


class Silent(Exception):
    pass


class Child:
    def __init__(self, command, env, stderr=subprocess.DEVNULL):
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=stderr, text=True, errors="replace")
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.strip())
        self.lines.put(None)

    def line(self, patience):
        """The next line; None at the end of the output."""
        try:
            return self.lines.get(timeout=patience)
        except queue.Empty:
            raise Silent(f"no sign of life for {patience} s") from None

    def wait_for(self, start, patience, seen=None):
        """The first line that begins with `start`, or the process's last words."""
        last = "it printed nothing"
        while True:
            line = self.line(patience)
            if line is None:
                raise Silent(f"ended early: {last}")
            if seen:
                seen(line)
            if line.startswith(start):
                return line
            last = line

    def say(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self, patience=5):
        """Closes its input, which ends a program that waits for it; else by force."""
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()
