"""A trivial STS on a loopback port, in a process of its own: one canned answer, whatever is asked."""

from __future__ import annotations

import contextlib
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator

BODY = (
    b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <GetCallerIdentityResult>\n'
    b"    <Arn>arn:aws:iam::123456789012:user/alice</Arn>\n    <UserId>AIDAQNZGKIQY56JQ7WML0</UserId>\n"
    b"    <Account>123456789012</Account>\n  </GetCallerIdentityResult>\n  <ResponseMetadata>\n"
    b"    <RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>\n  </ResponseMetadata>\n"
    b"</GetCallerIdentityResponse>\n"
)
ANSWER = (
    b"HTTP/1.1 200 OK\r\nx-amzn-requestid: 01234567-89ab-cdef-0123-456789abcdef\r\ncontent-type: text/xml\r\n"
    b"content-length: %d\r\n\r\n" % len(BODY)
) + BODY


def serve() -> None:
    """Answer on a free port, which is printed, until the process is ended."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    ready = selectors.DefaultSelector()
    ready.register(listener, selectors.EVENT_READ)
    pending: dict[socket.socket, bytes] = {}
    while True:
        for key, _ in ready.select():
            peer = key.fileobj
            assert isinstance(peer, socket.socket)
            if peer is listener:
                peer, _ = listener.accept()
                peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                pending[peer] = b""
                ready.register(peer, selectors.EVENT_READ)
            elif not _answer(peer, pending):
                ready.unregister(peer)
                peer.close()


def _answer(peer: socket.socket, pending: dict[socket.socket, bytes]) -> bool:
    """Take what has come and answer each whole request; False at the end of the connection."""
    try:
        part = peer.recv(65536)
    except OSError:
        part = b""
    if not part:
        del pending[peer]
        return False
    text = pending[peer] + part
    while (length := _length(text)) is not None and len(text) >= length:
        text = text[length:]
        peer.sendall(ANSWER)
    pending[peer] = text
    return True


def _length(text: bytes) -> int | None:
    head, end, _ = text.partition(b"\r\n\r\n")
    if not end:
        return None
    fields = (line.partition(b":") for line in head.lower().split(b"\r\n")[1:])
    body = next((int(value) for name, _, value in fields if name == b"content-length"), 0)
    return len(head) + 4 + body


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The server in a child process; gives its URL."""
    process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    serve()
