"""Sending by SMTP, so that it is known whether a message that failed may have arrived all the same."""

import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from email.policy import SMTP
from typing import Any

from django.core.mail.backends import smtp


class NotSent(Exception):
    """The server does not have the message; `final` if it is of no use to try again, `of_address` if that is because
    of whom it was for."""

    def __init__(self, why: str, *, final: bool, of_address: bool = False) -> None:
        super().__init__(why)
        self.final, self.of_address = final, of_address


@dataclass(frozen=True, slots=True)
class Ready:
    """A message to one reader as it goes over the wire, its end included; both addresses are plain ASCII.

    `given` are values for the claim on it.
    """

    sender: str
    recipient: str
    message_id: str
    wire: bytes
    given: tuple[object, ...] = ()


class EmailBackend(smtp.EmailBackend):
    """Django's, but that NotSent is raised while that is certain; any other error leaves it open.

    A server has a message from the moment on that it may have read its last line. Until then what it refuses, and a
    connection that breaks, cost nothing: a broken one is left, so that the next message opens another.
    """

    def open(self) -> bool | None:
        try:
            return super().open()
        except smtplib.SMTPResponseException as error:
            raise NotSent(_said(error.smtp_code, error.smtp_error), final=False)
        except OSError as error:  # smtplib's exceptions are such, too
            raise NotSent(f"The mail server cannot be reached: {error}", final=False)

    def _send(self, email_message: Any) -> bool:
        sender = self.prep_address(email_message.from_email)
        recipients = [self.prep_address(address) for address in email_message.recipients()]
        wire = stuffed(email_message.message(policy=SMTP).as_bytes())
        self._announce(sender, recipients)
        self._hand_over(wire)
        return True

    def send_ready(self, message: Ready, may: Callable[[], bool]) -> bool:
        """Send it if `may`, which is asked once the server waits for the content; whether it was sent."""
        self._announce(message.sender, [message.recipient], at_once=True)
        try:
            allowed = may()
        except BaseException:
            self._leave()
            raise
        if allowed:
            self._hand_over(message.wire)
        else:
            self._leave()  # what asked for the content takes anything else for it
        return allowed

    def _announce(self, sender: str, recipients: list[str], *, at_once: bool = False) -> None:
        """Come to the point where the server asks for the content; `at_once` for a single plain address."""
        connection: smtplib.SMTP = self.connection  # type: ignore[assignment]
        try:
            connection.ehlo_or_helo_if_needed()
            if at_once and connection.has_extn("pipelining"):
                self._announce_at_once(connection, sender, *recipients)
            else:
                self._announce_in_turn(connection, sender, recipients)
        except OSError as error:
            self._leave()
            raise NotSent(f"The mail server ended the connection: {error}", final=False)

    def _announce_in_turn(self, connection: smtplib.SMTP, sender: str, recipients: list[str]) -> None:
        code, reply = connection.mail(sender)
        if code != 250:
            raise self._refused(code, reply)
        for address in recipients:
            code, reply = connection.rcpt(address)
            if code not in (250, 251):
                raise self._refused(code, reply, of_address=True)
        code, reply = connection.docmd("DATA")
        if code != 354:
            raise self._refused(code, reply)

    def _announce_at_once(self, connection: smtplib.SMTP, sender: str, recipient: str) -> None:
        """The three commands without waiting in between (RFC 2920), which the server says it takes."""
        connection.send(f"MAIL FROM:<{sender}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode("ascii"))
        refused: tuple[int, bytes, bool] | None = None
        for expected, of_address in (((250,), False), ((250, 251), True), ((354,), False)):
            code, reply = connection.getreply()
            if code not in expected and refused is None:
                refused = code, reply, of_address
            if code == 421:
                break
        if refused is None:
            return
        if code == 354:  # for nobody: it has to be ended, and is no message
            connection.send(b".\r\n")
            connection.getreply()
        raise self._refused(refused[0], refused[1], of_address=refused[2])

    def _hand_over(self, wire: bytes) -> None:
        connection: smtplib.SMTP = self.connection  # type: ignore[assignment]
        try:
            connection.send(wire)
            code, reply = connection.getreply()
        except OSError:
            self._leave()
            raise
        if code != 250:
            raise self._refused(code, reply)

    def _refused(self, code: int, reply: bytes, *, of_address: bool = False) -> NotSent:
        """The error of a reply; the connection is made ready for the next message, or left if the server ends it."""
        try:
            if code == 421 or self.connection is None:
                self._leave()
            else:
                self.connection.rset()
        except OSError:
            self._leave()
        final = 500 <= code < 600
        return NotSent(_said(code, reply), final=final, of_address=final and of_address)

    def _leave(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()


def _said(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(text.split())}"


def stuffed(content: bytes) -> bytes:
    """The content as it goes over the wire: a dot at the start of a line is doubled, and one alone ends it."""
    content = content if content.endswith(b"\r\n") else content + b"\r\n"
    doubled = content.replace(b"\r\n.", b"\r\n..")
    return (b"." if doubled.startswith(b".") else b"") + doubled + b".\r\n"
