"""Sending by SMTP, so that it is known whether a message that failed may have arrived all the same."""

import smtplib
from email.policy import SMTP
from typing import Any

from django.core.mail.backends import smtp


class NotSent(Exception):
    """The server does not have the message; `final` if it is of no use to try again, `of_address` if that is because
    of whom it was for."""

    def __init__(self, why: str, *, final: bool, of_address: bool = False) -> None:
        super().__init__(why)
        self.final, self.of_address = final, of_address


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
        content = email_message.message(policy=SMTP).as_bytes()
        connection: smtplib.SMTP = self.connection  # type: ignore[assignment]
        try:
            self._announce(connection, sender, recipients)
        except OSError as error:
            self._leave()
            raise NotSent(f"The mail server ended the connection: {error}", final=False)
        try:
            connection.send(_stuffed(content))
            code, reply = connection.getreply()
        except OSError:
            self._leave()
            raise
        if code != 250:
            raise self._refused(code, reply)
        return True

    def _announce(self, connection: smtplib.SMTP, sender: str, recipients: list[str]) -> None:
        """Come to the point where the server asks for the content."""
        connection.ehlo_or_helo_if_needed()
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


def _stuffed(content: bytes) -> bytes:
    """The content as it goes over the wire: a dot at the start of a line is doubled, and one alone ends it."""
    content = content if content.endswith(b"\r\n") else content + b"\r\n"
    doubled = content.replace(b"\r\n.", b"\r\n..")
    return (b"." if doubled.startswith(b".") else b"") + doubled + b".\r\n"
