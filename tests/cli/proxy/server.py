#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the proxy layer is tested against: echo servers, and proxies that do what real ones seldom do.

Prints a shell line with the ports when all of them listen. Two proxies do what the target's port says: SOCKS5 (1 to 255: that
reply; 777: assent and a greeting in one piece) and HTTP (200 to 599: that status; 777 as before). Other targets they connect;
names below .test are this machine. What they were asked for goes to the file named on the command line.
"""
import socket
import struct
import sys
import threading
import time

log = open(sys.argv[1], "a", buffering=1)


def whole(conn, n):
    data = b""
    while len(data) < n:
        piece = conn.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


def slowly(conn, data):
    for byte in data:
        time.sleep(0.03)
        conn.sendall(bytes([byte]))


def carry(a, b):
    def one(src, dst):
        try:
            while data := src.recv(65536):
                dst.sendall(data)
        except OSError:
            pass
        try:
            dst.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    back = threading.Thread(target=one, args=(b, a), daemon=True)
    back.start()
    one(a, b)
    back.join()


def reach(host, port):
    return socket.create_connection(("127.0.0.1" if host.endswith(".test") else host, port), 10)


def echo(conn, first=b""):
    conn.sendall(first)
    while data := conn.recv(65536):
        conn.sendall(data)


def socks(conn, send):
    count = whole(conn, 2)[1]
    methods = whole(conn, count)
    if 2 in methods:
        send(b"\5\2")
        user = whole(conn, whole(conn, 2)[1])
        password = whole(conn, whole(conn, 1)[0])
        log.write(f"password {user.decode()} {password.decode()}\n")
        send(b"\1" + (b"\0" if password == b"pw,;:@/" else b"\1"))
        if password != b"pw,;:@/":
            return
    else:
        send(b"\5\0")
    kind = whole(conn, 4)[3]
    if kind == 3:
        host = whole(conn, whole(conn, 1)[0]).decode()
    else:
        host = socket.inet_ntop(socket.AF_INET6 if kind == 4 else socket.AF_INET, whole(conn, 16 if kind == 4 else 4))
    port = struct.unpack(">H", whole(conn, 2))[0]
    log.write(f"socks {host} {port}\n")
    if port < 256:
        return send(b"\5" + bytes([port]) + b"\0\1\0\0\0\0\0\0")
    yes = b"\5\0\0\3\4name\0\1" if kind == 3 else b"\5\0\0\1\0\0\0\0\0\0"
    if port == 777:
        conn.sendall(yes + b"early\n")
        return echo(conn)
    other = reach(host, port)
    send(yes)
    carry(conn, other)


def http(conn, send):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = conn.recv(1)
        if not piece:
            return
        head += piece
    host, port = head.split()[1].decode().rsplit(":", 1)
    port = int(port)
    log.write(f"http {host} {port}\n")
    if port < 600:
        return send(b"HTTP/1.1 %d Words\r\nContent-Length: 2\r\n\r\nno" % port)
    if port == 777:
        conn.sendall(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\nearly\n")
        return echo(conn)
    other = reach(host.strip("[]"), port)
    send(b"HTTP/1.1 200 OK\r\n\r\n")
    carry(conn, other)


def serve(listener, what):
    def run(conn):
        try:
            what(conn)
        except (EOFError, OSError, ValueError):
            pass
        conn.close()

    while True:
        threading.Thread(target=run, args=(listener.accept()[0],), daemon=True).start()


def silent(conn):
    conn.recv(1)
    time.sleep(60)


def garbage(conn):
    conn.sendall(b"SSH-2.0-x\r\n" * 10000)
    while conn.recv(65536):
        pass


def endless(conn):
    conn.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        conn.sendall(b"A: " + b"b" * 1000 + b"\r\n")


def half(conn):
    conn.sendall(b"\5\0")
    whole(conn, 13)
    conn.sendall(b"\5\0\0\1\0")


def udp_echo(sock):
    while True:
        data, peer = sock.recvfrom(65535)
        sock.sendto(data, peer)


servers = {
    "echo": echo,
    "socks": lambda c: socks(c, c.sendall),
    "slow_socks": lambda c: socks(c, lambda d: slowly(c, d)),
    "http": lambda c: http(c, c.sendall),
    "slow_http": lambda c: http(c, lambda d: slowly(c, d)),
    "garbage": garbage,
    "closing": lambda c: None,
    "half": half,
    "silent": silent,
    "endless": endless,
}
ports = {}
for name, what in servers.items():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    ports[name] = listener.getsockname()[1]
    threading.Thread(target=serve, args=(listener, what), daemon=True).start()
try:
    listener = socket.socket(socket.AF_INET6)
    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    listener.bind(("::1", ports["echo"]))
    listener.listen(64)
    threading.Thread(target=serve, args=(listener, echo), daemon=True).start()
    ports["ip6"] = 1
except OSError:
    ports["ip6"] = 0
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 0))
ports["udp"] = udp.getsockname()[1]
threading.Thread(target=udp_echo, args=(udp,), daemon=True).start()
closed = socket.socket()  # stays bound and never listens: nobody else gets the port
closed.bind(("127.0.0.1", 0))
ports["closed"] = closed.getsockname()[1]
print(" ".join(f"{name}={port}" for name, port in ports.items()), flush=True)
threading.Event().wait()
