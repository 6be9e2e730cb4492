#!/usr/bin/env python3
"""peer.py DIR [PORT]: the other end of talk.c, and the witness of what went each way: DIR/from-program, DIR/to-program.

Without PORT it listens (TCP and UDP, same port), prints the port, and serves one connection; with PORT it connects there.
"""
import random
import socket
import sys
import threading

folder = sys.argv[1]
answer = random.Random(7).randbytes(200000)


def write(name, data):
    with open(f"{folder}/{name}", "wb") as out:
        out.write(data)


def read_all(s, limit=None):
    got = b""
    try:
        while part := s.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return got


def echo(u):
    while True:
        data, who = u.recvfrom(65536)
        u.sendto(data, who)


if len(sys.argv) > 2:
    s = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    s.sendall(answer)
    s.shutdown(socket.SHUT_WR)
    write("from-program", read_all(s))
    write("to-program", answer)
    sys.exit()
while True:
    listener = socket.create_server(("127.0.0.1", 0))
    u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        u.bind(listener.getsockname())
        break
    except OSError:
        pass
threading.Thread(target=echo, args=(u,), daemon=True).start()
print(listener.getsockname()[1], flush=True)
s, _ = listener.accept()
write("from-program", read_all(s))
try:
    s.sendall(answer)
    write("to-program", answer)
except OSError:
    write("to-program", b"")
