#!/usr/bin/env python3
"""check.py FILE [FROM-CLIENT FROM-SERVER | echo]: has tshark read the file once; says what is wrong with it and exits 1.

Nothing that tshark complains about may be in it: checksums, malformed packets, and what its TCP analysis flags (gaps,
repetitions, wrong order). The bytes of the first connection must be those of the two files; with "echo" both ways must carry the
same, and of datagrams each must be there four times: sent and received, there and back.
"""
import collections
import subprocess
import sys

path, rest = sys.argv[1], sys.argv[2:]
fields = ["ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "tcp.analysis.flags", "_ws.malformed",
          "frame.number", "tcp.stream", "tcp.srcport", "tcp.flags.syn", "tcp.flags.ack", "tcp.payload", "udp.payload"]
wrong = []
done = subprocess.run(
    ["tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|"] + [x for f in fields for x in ("-e", f)] +
    [x for p in ("ip", "tcp", "udp") for x in ("-o", f"{p}.check_checksum:TRUE")],
    capture_output=True, text=True)
wrong += [line for line in done.stderr.splitlines() if line and "user" not in line.lower()]
client = None
ways, datagrams = {True: b"", False: b""}, collections.Counter()
for line in done.stdout.splitlines():
    ip, tcp, udp, flags, malformed, number, stream, port, syn, ack, payload, datagram = line.split("|")
    if "0" in (ip, tcp, udp) or flags or malformed:
        wrong.append(f"packet {number}: checksums {ip} {tcp} {udp}, analysis '{flags}', malformed '{malformed}'")
    if stream == "0":
        if syn == "1" and ack == "0":
            client = port
        ways[port == client] += bytes.fromhex(payload)
    elif datagram:
        datagrams[datagram] += 1
if not done.stdout:
    wrong.append("no packets")
if rest == ["echo"]:
    if ways[True] != ways[False]:
        wrong.append(f"{len(ways[True])} bytes one way, {len(ways[False])} back, or other ones")
    wrong += [f"a datagram {n} times" for n in datagrams.values() if n % 4]
    if not ways[True] and not datagrams:
        wrong.append("no bytes")
elif rest:
    for side, name in ((True, rest[0]), (False, rest[1])):
        with open(name, "rb") as want:
            data = want.read()
        if data != ways[side]:
            wrong.append(f"{name}: {len(data)} bytes, in the file {len(ways[side])}, or other ones")
print("\n".join(wrong[:20]))
sys.exit(bool(wrong))
