#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A DNS server that misbehaves: the first label of the name asked for says how. Prints its port when it listens."""
import socket, struct, sys, threading, time

A, CNAME, SOA, PTR, MX, TXT, AAAA, SRV = 1, 5, 6, 12, 15, 16, 28, 33


def name(text):
    return b"".join(bytes([len(l)]) + l.encode() for l in text.split(".") if l) + b"\0"


def parse(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1 : at + 1 + query[at]].decode("latin-1"))
        at += query[at] + 1
    return struct.unpack(">H", query[:2])[0], ".".join(labels), struct.unpack(">H", query[at + 1 : at + 3])[0], query[12 : at + 5]


def record(owner, rtype, data, ttl=60):
    return owner + struct.pack(">HHIH", rtype, 1, ttl, len(data)) + data


def message(ident, question, answers=(), rcode=0, flags=0x8180):
    return struct.pack(">6H", ident, flags | rcode, 1, len(answers), 0, 0) + question + b"".join(answers)


ADDR = {A: bytes([10, 9, 8, 7]), AAAA: bytes([0x20, 1, 0xD, 0xB8] + [0] * 11 + [7]), TXT: b"\5hello\5world",
        MX: struct.pack(">H", 10) + name("mx.test"), SRV: struct.pack(">HHH", 1, 2, 8080) + name("srv.test")}
seen = {}


def respond(query, tcp, send, stranger):
    ident, qname, qtype, question = parse(query)
    how = qname.split(".")[0].lower()
    owner = b"\xc0\x0c"
    good = message(ident, question, [record(owner, qtype, ADDR[qtype])] if qtype in ADDR else [])
    seen[how, qtype] = seen.get((how, qtype), 0) + 1
    if how == "silent":
        return
    if how == "slow":
        time.sleep(0.7)
    if how == "once" and seen[how, qtype] == 1:
        return
    if how == "servfail":
        return send(message(ident, question, rcode=2))
    if how == "refused":
        return send(message(ident, question, rcode=5))
    if how == "nxdomain":
        return send(message(ident, question, rcode=3))
    if how == "nodata":
        return send(message(ident, question))
    if how == "noedns" and struct.unpack(">H", query[10:12])[0]:
        return send(message(ident, question, rcode=1))
    if how == "wrongid":
        send(message(ident ^ 0x5555, question, [record(owner, qtype, b"\6\6\6\6" if qtype == A else bytes(16))]))
    if how == "wrongport":
        stranger(message(ident, question, [record(owner, qtype, b"\6\6\6\6" if qtype == A else bytes(16))]))
    if how == "wrongquestion":
        send(message(ident, name("other.test") + question[-4:], [record(owner, qtype, b"\6\6\6\6" if qtype == A else bytes(16))]))
    if how == "onlywrongid":
        return send(message(ident ^ 0x5555, question, [record(owner, qtype, ADDR[qtype])]))
    if how == "truncated" and not tcp:
        return send(message(ident, question, flags=0x8380))
    if how == "huge":
        if not tcp:
            return send(message(ident, question, flags=0x8380))
        count = (65535 - 12 - len(question)) // 16
        if qtype == A:
            return send(message(ident, question, [record(owner, A, struct.pack(">I", 0x0A000000 + i)) for i in range(count)]))
        return send(message(ident, question))
    if how == "halftcp":
        return send(message(ident, question, flags=0x8380)) if not tcp else send(good[:20], cut=True)
    if how == "loop":
        at = 12 + len(question)
        bad = struct.pack(">H", 0xC000 | at) + struct.pack(">HHIH", qtype, 1, 60, 4) + b"\1\2\3\4"
        return send(message(ident, question, [bad]))
    if how == "aliasloop":
        return send(message(ident, question, [record(owner, CNAME, name("b.test")), record(name("b.test"), CNAME, name(qname))]))
    if how == "garbage":
        return send(message(ident, question)[:12] + b"\xff" * 40)
    if how == "cut":
        return send(good[:-2])
    if how.startswith("chain") and how[5:] != "9":
        target = f"chain{int(how[5:]) + 1}.test"
        return send(message(ident, question, [record(owner, CNAME, name(target))]))
    if how == "poison":
        extra = [record(name("bank.test"), qtype, b"\6\6\6\6" if qtype == A else bytes(16))] if qtype in ADDR else []
        return send(message(ident, question, extra + [record(owner, qtype, ADDR[qtype])]))
    if how.startswith("count"):  # which query it was; short.: an answer that is soon old
        time.sleep(0.3)
        return send(message(ident, question, [record(owner, A, bytes([10, 0, 0, seen[how, qtype]]), 1 if "short" in qname else 60)]))
    if how == "gone" and seen[how, qtype] == 1:  # then it comes back
        soa = name("test") + struct.pack(">HHIH", SOA, 1, 60, 22) + b"\0\0" + struct.pack(">5I", 1, 60, 60, 60, 60)
        return send(struct.pack(">6H", ident, 0x8183, 1, 0, 1, 0) + question + soa)
    if how == "xn--bcher-kva":
        return send(good)
    send(good)


def serve_udp(sock, other):
    while True:
        query, peer = sock.recvfrom(65535)
        args = (query, False, lambda m, cut=False: sock.sendto(m, peer), lambda m: other.sendto(m, peer))
        threading.Thread(target=respond, args=args, daemon=True).start()


def serve_tcp(conn):
    def send(m, cut=False):
        data = struct.pack(">H", 500 if cut else len(m)) + m
        for at in range(0, len(data), 1000):  # in pieces
            conn.sendall(data[at : at + 1000])
        if cut:
            conn.close()

    def whole(n):
        data = b""
        while len(data) < n:
            piece = conn.recv(n - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    try:
        while True:
            respond(whole(struct.unpack(">H", whole(2))[0]), True, send, None)
    except (EOFError, OSError):
        conn.close()


def main():
    while True:
        udp, tcp, other = (socket.socket(socket.AF_INET, t) for t in (socket.SOCK_DGRAM, socket.SOCK_STREAM, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        try:
            tcp.bind(udp.getsockname())
            break
        except OSError:
            udp.close()
    tcp.listen(16)
    print(udp.getsockname()[1], flush=True)
    threading.Thread(target=serve_udp, args=(udp, other), daemon=True).start()
    while True:
        threading.Thread(target=serve_tcp, args=(tcp.accept()[0],), daemon=True).start()


main()
