"""The world outside: publishers whose calendars grow while they are read, and a mail server that keeps a list."""

import datetime as dt
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

FIRST, MOST = 5, 60  # events of a calendar, at first and in the end
GROWS_SECONDS = 10


class Publishers:
    """Each has a host of its own, 127.1.0.N, and a calendar that has one more event every ten seconds."""

    def __init__(self, count: int, first_day: dt.date) -> None:
        self.count, self.failing, self.asked = count, False, 0
        self._first_day, self._began, self._ended = first_day, time.monotonic(), 0
        publishers = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publishers.answer(self)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def host(self, number: int) -> str:
        return f"127.1.0.{number + 1}:{self.port}"

    def url(self, number: int) -> str:
        return f"http://{self.host(number)}/{number}.ics"

    def size(self) -> int:
        """Events that each calendar has by now."""
        return self._ended or min(MOST, FIRST + int((time.monotonic() - self._began) / GROWS_SECONDS))

    def stop_growing(self) -> int:
        self._ended = self.size()
        return self._ended

    def title(self, number: int, index: int) -> str:
        return f"Programme {number}: evening {index}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        name = request.path.strip("/").removesuffix(".ics")
        self.asked += 1
        body = self._calendar(int(name)) if name.isdigit() else b""
        request.send_response(500 if self.failing else 200 if body else 404)
        request.send_header("Content-Type", "text/calendar")
        request.send_header("Content-Length", str(0 if self.failing else len(body)))
        request.end_headers()
        if not self.failing:
            request.wfile.write(body)

    def _calendar(self, number: int) -> bytes:
        """One an evening from the night of the step on, so that the hour that it leaves out is among them."""
        events = []
        for index in range(self.size()):
            day = self._first_day + dt.timedelta(days=index)
            hour = ("02", "19", "20", "21")[index % 4]
            events.append(
                f"BEGIN:VEVENT\r\nUID:{number}-{index}@chaos.example\r\nSUMMARY:{self.title(number, index)}\r\n"
                f"DTSTART;TZID=Europe/Berlin:{day:%Y%m%d}T{hour}3000\r\nLOCATION:Venue {number}\r\n"
                f"URL:https://venue-{number}.example/{index}\r\nEND:VEVENT\r\n"
            )
        head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//chaos//EN\r\n"
        return f"{head}{''.join(events)}END:VCALENDAR\r\n".encode()


class Mailbox:
    """A mail server. `taken` has whom it took a mail for, as often as it did; while `failing` it takes none."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.failing, self.refused = False, 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._controller = Controller(_Handler(self), hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()


class _Handler:
    """What aiosmtpd asks."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._mailbox.failing:
            self._mailbox.refused += 1
            return "451 Try again later"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self._mailbox.taken += envelope.rcpt_tos
        return "250 OK"
