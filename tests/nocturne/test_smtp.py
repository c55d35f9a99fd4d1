"""Messages that are bytes already, to servers that take commands one by one or several at once."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.mail import mailers

from nocturne.smtp import EmailBackend, NotSent, Ready
from tests.mailservers import MailServer

BYTES = b"Subject: Hello\r\n\r\nHello\r\n.\r\n"


def ready(to: str = "ada@example.org") -> Ready:
    return Ready("news@example.org", to, "<1@example.org>", BYTES)


@pytest.fixture(params=[False, True], ids=["one by one", "at once"])
def server(request: Any, mail_server: MailServer) -> MailServer:
    mail_server.pipelining = request.param
    return mail_server


@pytest.fixture
def backend(server: MailServer) -> Iterator[Any]:
    backend: Any = mailers.default
    yield backend
    backend.close()


def send(backend: EmailBackend, message: Ready, *, may: bool = True) -> bool:
    backend.open()
    return backend.send_ready(message, lambda: may)


def test_several_go_over_one_connection(server: MailServer, backend: Any) -> None:
    assert all(send(backend, ready(f"{n}@example.org")) for n in range(3))
    assert server.recipients == ["0@example.org", "1@example.org", "2@example.org"]
    assert server.messages[0].get_content().strip() == "Hello"
    assert server.connections == 1


@pytest.mark.parametrize(
    ("command", "reply", "final", "of_address", "connections"),
    [
        ("MAIL", "550 no", True, False, 1),
        ("RCPT", "550 5.1.1 no such user", True, True, 1),
        ("RCPT", "451 later", False, False, 1),
        ("DATA", "554 spam", True, False, 1),
        ("MAIL", "421 too many", False, False, 2),
        ("RCPT", "421 too many", False, False, 2),
        ("MAIL", MailServer.DROP, False, False, 2),
        ("RCPT", MailServer.DROP, False, False, 2),
    ],
)
def test_what_is_refused_costs_no_other_mail(
    server: MailServer, backend: Any, command: str, reply: str, final: bool, of_address: bool, connections: int
) -> None:
    server.replies = [(command, reply)]
    with pytest.raises(NotSent) as caught:
        send(backend, ready())
    assert (caught.value.final, caught.value.of_address) == (final, of_address)
    if reply != MailServer.DROP:
        assert str(caught.value) == reply
    assert send(backend, ready("bob@example.org"))
    assert server.recipients == ["bob@example.org"]
    assert server.connections == connections


def test_what_may_not_be_sent_leaves_the_server_without_a_message(server: MailServer, backend: Any) -> None:
    assert not send(backend, ready(), may=False)
    assert send(backend, ready("bob@example.org"))
    assert server.recipients == ["bob@example.org"]


def test_an_answer_lost_after_the_last_line_leaves_it_open(server: MailServer, backend: Any) -> None:
    server.replies = [("DATA", MailServer.DROP)]
    with pytest.raises(OSError, match=r"\w") as caught:
        send(backend, ready())
    assert not isinstance(caught.value, NotSent)


def test_a_server_that_takes_content_for_nobody_gets_none(settings: Any) -> None:
    """RFC 2920: it may refuse the only receiver and ask for the content all the same, which then has to be ended."""
    got = b""

    def serve(listener: socket.socket) -> None:
        nonlocal got
        connection, _ = listener.accept()
        with connection:
            answers = {b"EHLO": b"250-n\r\n250 PIPELINING\r\n", b"RCPT": b"550 no\r\n", b"DATA": b"354 go\r\n"}
            connection.sendall(b"220 n\r\n")
            while read := connection.recv(4096):
                got += read
                for line in read.splitlines():
                    connection.sendall(answers.get(line[:4].upper(), b"250 fine\r\n"))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        backend = EmailBackend(alias="default", host="127.0.0.1", port=listener.getsockname()[1], timeout=5)
        with pytest.raises(NotSent, match="no") as caught:
            send(backend, ready())
        backend.close()
        thread.join(5)
    assert caught.value.of_address
    assert b"DATA\r\n.\r\nRSET\r\n" in got.upper()
    assert b"Hello" not in got
