#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Asks a real dnsmasq and keeps its answers, byte for byte, in tests/fuzz/corpus/dns_message/dnsmasq_*, which captured_test.c
reads. Run by hand when a case is to be added; the ids are fixed, so that a second run changes nothing."""
import os, socket, struct, subprocess, tempfile, time

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../fuzz/corpus/dns_message")
TYPES = {"a": 1, "cname": 5, "soa": 6, "ptr": 12, "mx": 15, "txt": 16, "aaaa": 28, "srv": 33}
CASES = [  # file, name, type, EDNS0 size (0: none), over TCP
    ("a", "four.test", "a", 1232, False),
    ("aaaa", "six.test", "aaaa", 1232, False),
    ("many_a", "many.test", "a", 1232, False),
    ("cname", "alias2.test", "a", 1232, False),
    ("cname_itself", "alias2.test", "cname", 1232, False),
    ("mx", "mail.test", "mx", 1232, False),
    ("txt", "text.test", "txt", 1232, False),
    ("srv", "_http._tcp.test", "srv", 1232, False),
    ("ptr", "7.2.1.10.in-addr.arpa", "ptr", 1232, False),
    ("ptr6", "4." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa", "ptr", 1232, False),
    ("nodata", "four.test", "aaaa", 1232, False),
    ("nxdomain", "none.test", "a", 1232, False),
    ("refused", "elsewhere.example", "a", 1232, False),
    ("case", "FoUr.TeSt", "a", 1232, False),
    ("no_edns", "four.test", "a", 0, False),
    ("truncated", "big.test", "txt", 0, False),
    ("tcp", "big.test", "txt", 1232, True),
]
big = [f"--txt-record=big.test,{i:03}{'x' * 197}" for i in range(8)]
many = [f"--host-record=many.test,10.7.0.{i}" for i in range(1, 17)]
OPTIONS = ["--no-resolv", "--no-hosts", "--local=/test/", "--host-record=four.test,10.1.2.3", "--host-record=six.test,2001:db8::5",
           "--host-record=both.test,10.1.2.4,2001:db8::4", "--cname=alias.test,both.test", "--cname=alias2.test,alias.test",
           "--ptr-record=7.2.1.10.in-addr.arpa,seven.test", "--mx-host=mail.test,mx.test,10", "--mx-host=mail.test,mx2.test,20",
           "--txt-record=text.test,one,two words", "--srv-host=_http._tcp.test,both.test,8080,1,2", "--local-ttl=300"] + big + many


def query(ident, name, rtype, edns):
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    opt = b"\0" + struct.pack(">HHIH", 41, edns, 0, 0) if edns else b""
    return struct.pack(">6H", ident, 0x100, 1, 0, 0, 1 if edns else 0) + wire + struct.pack(">HH", rtype, 1) + opt


def ask(port, message, tcp):
    if not tcp:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(3)
            s.sendto(message, ("127.0.0.1", port))
            return s.recv(65535)
    with socket.create_connection(("127.0.0.1", port), 3) as s:
        s.sendall(struct.pack(">H", len(message)) + message)
        data = b""
        while len(data) < 2 or len(data) < 2 + struct.unpack(">H", data[:2])[0]:
            data += s.recv(65535)
        return data[2:]


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = subprocess.Popen(["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", f"--port={port}", "--listen-address=127.0.0.1",
                               "--bind-interfaces", "--pid-file=", f"--user={os.environ.get('USER', 'root')}"] + OPTIONS)
    time.sleep(1)
    try:
        for i, (file, name, rtype, edns, tcp) in enumerate(CASES):
            with open(os.path.join(OUT, "dnsmasq_" + file), "wb") as f:
                f.write(ask(port, query(0x1000 + i, name, TYPES[rtype], edns), tcp))
    finally:
        server.kill()
    print(subprocess.run(["dnsmasq", "--version"], capture_output=True, text=True).stdout.splitlines()[0])


main()
