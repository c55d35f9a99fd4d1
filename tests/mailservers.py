"""A real SMTP server on the loopback, which keeps what arrives byte for byte and can be told to misbehave."""

import email
import email.policy
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class MailServer:
    """`replies` answer the next commands by name, MAIL, RCPT or DATA, first come first served; DROP hangs up."""

    DROP = "drop"

    def __init__(self) -> None:
        self.received: list[bytes] = []
        self.recipients: list[str] = []
        self.connections = 0
        self.replies: list[tuple[str, str]] = []
        self.pipelining = False

    @property
    def messages(self) -> list[EmailMessage]:
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in self.received]


class Handler:
    """What aiosmtpd asks. It looks at all attributes of it at each connection, so the mails are elsewhere."""

    def __init__(self, mails: MailServer) -> None:
        self._mails = mails

    def _reply(self, command: str, server: SMTP) -> str | None:
        if not self._mails.replies or self._mails.replies[0][0] != command:
            return None
        _, reply = self._mails.replies.pop(0)
        if reply == MailServer.DROP:
            assert server.transport
            server.transport.abort()
            return "421 gone"
        return reply

    async def handle_HELO(self, server: SMTP, session: Session, envelope: Envelope, hostname: str) -> str:  # noqa: N802
        self._mails.connections += 1
        session.host_name = hostname
        return "250 hello"

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self._mails.connections += 1
        session.host_name = hostname
        return [*(["250-PIPELINING"] if self._mails.pipelining else []), *responses]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self._reply("MAIL", server)
        if not reply:
            envelope.mail_from = address
        return reply or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self._reply("RCPT", server)
        if not reply:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if reply := self._reply("DATA", server):
            return reply
        assert isinstance(envelope.original_content, bytes)
        self._mails.received.append(envelope.original_content)
        self._mails.recipients += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """The mail server of the site for a test."""
    server = MailServer()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(Handler(server), hostname="127.0.0.1", port=port)
    controller.start()
    options = {"host": "127.0.0.1", "port": port, "timeout": 5}
    settings.MAILERS = {"default": {"BACKEND": "nocturne.smtp.EmailBackend", "OPTIONS": options}}
    yield server
    controller.stop()
