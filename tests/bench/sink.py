"""A mail server that takes everything and keeps nothing, as fast as Python can: python -m tests.bench.sink [--plain].

It prints its port. With --plain it does not say that it takes several commands at once.
"""

import socket
import sys
import threading


def main() -> None:
    extensions = b"250-8BITMIME\r\n" if "--plain" in sys.argv else b"250-8BITMIME\r\n250-PIPELINING\r\n"
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        print(server.getsockname()[1], flush=True)
        while True:
            connection, _ = server.accept()
            threading.Thread(target=_serve, args=(connection, extensions), daemon=True).start()


def _serve(connection: socket.socket, extensions: bytes) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(b"220 sink\r\n")
    got, in_message = bytearray(), False
    while read := connection.recv(1 << 18):
        got += read
        if in_message:
            if not got.endswith(b"\r\n.\r\n"):
                continue
            got.clear()
            in_message = False
            connection.sendall(b"250 taken\r\n")
        answers = b""
        while not in_message and (end := got.find(b"\r\n")) >= 0:
            command = bytes(got[:end]).upper()
            del got[: end + 2]
            if command.startswith(b"EHLO"):
                answers += b"250-sink\r\n" + extensions + b"250 HELP\r\n"
            elif command == b"DATA":
                answers += b"354 go on\r\n"
                in_message = True
            else:
                answers += b"221 bye\r\n" if command == b"QUIT" else b"250 fine\r\n"
        if answers:
            connection.sendall(answers)


if __name__ == "__main__":
    main()
