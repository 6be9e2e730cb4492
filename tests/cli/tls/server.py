#!/usr/bin/env python3
"""server.py DIR CERT MODE [TLS-VERSION]: one TLS connection on loopback; prints the port, and at the end, what it saw.

MODE answer: reads to the client's end of stream, sends 200,000 bytes, ends properly.
     echo:   sends back what comes, until the client ends.
     cut:    the same as answer, but the connection ends without close_notify.
     silent: accepts the connection and closes it before the handshake.
     plain:  no TLS: a line of text.
Last line: "received N HASH sent N HASH name NAME alpn PROTOCOL VERSION", or the error.
"""
import random
import socket
import ssl
import sys
import zlib

folder, cert, mode = sys.argv[1:4]
answer = random.Random(7).randbytes(200000)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{folder}/{cert}.pem", f"{folder}/{cert}.key")
if len(sys.argv) > 4:
    version = {"1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}[sys.argv[4]]
    if sys.argv[4] == "1.1":
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # or OpenSSL 3 itself would not
    context.minimum_version = context.maximum_version = version
context.set_alpn_protocols(["http/1.1"])
names = []
context.sni_callback = lambda s, name, c: names.append(name)


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
listener.settimeout(30)
plain, _ = listener.accept()
plain.settimeout(30)
if mode == "plain":
    plain.sendall(b"220 mail.test ESMTP, which is no TLS\r\n")
if mode in ("plain", "silent"):
    plain.close()
    sys.exit()
try:
    s = context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=False)
    got = sent = 1
    received = 0
    while part := s.recv(65536):
        received += len(part)
        got = zlib.adler32(part, got)
        if mode == "echo":
            s.sendall(part)
            sent = zlib.adler32(part, sent)
    total = received
    if mode != "echo":
        s.sendall(answer)
        sent = zlib.adler32(answer, sent)
        total = len(answer)
    said = (f"received {received} {got:08x} sent {total} {sent:08x} name {''.join(map(str, names))} "
            f"alpn {s.selected_alpn_protocol()} {s.version()}")
    if mode == "cut":
        socket.socket.shutdown(s, socket.SHUT_WR)
    else:
        s.unwrap()
    print(said, flush=True)
except OSError as e:
    print(f"error {e}", flush=True)
