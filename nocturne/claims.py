"""Claims on rows of the ledger, one after the other: what became of a mail is said with the claim on the next.

So a mail costs one commit, which the database makes while the mail server reads who writes to whom. Whoever is killed
leaves one row that is claimed, whatever the number of mails: the one that was under way.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from .models import EmailLog
from .statements import check, is_pooled, prepared

_CLAIM = f"""
    WITH said AS (
        UPDATE {EmailLog._meta.db_table} SET state = 'sent', finished_at = $1 WHERE id = $2 AND state = 'sending'
    )
    UPDATE {EmailLog._meta.db_table}
    SET state = 'sending', started_at = $3, message_id = $4, attempts = attempts + 1, why = ''
    WHERE id = $5 AND state = 'queued'
"""


class Claims:
    """A mail is claimed by `begin`, which does not wait, and `won`, which does; `sent` is said with the next claim.

    `given` is SQL that must hold for a claim, with the values $6 and on. Not within a transaction: a claim must be
    there for all to see before the mail server hears of the mail. To be closed, which says what was not said yet.
    """

    def __init__(self, given: str = "") -> None:
        with transaction.atomic(durable=True):
            connection.ensure_connection()
        self._statement = (_CLAIM + (f" AND ({given})" if given else "") + " RETURNING id").encode()
        self._asked = False
        self._won = False
        self._unsaid: tuple[int, dt.datetime] | None = None

    def begin(self, row: EmailLog, message_id: str, now: dt.datetime, values: Sequence[object] = ()) -> None:
        done, at = self._unsaid or (None, None)
        self._unsaid = None
        self._ask(at, done, now, message_id[:250], row.pk, *values)

    def won(self) -> bool:
        """Whether this process is the one to send it."""
        if self._asked:
            self._won = self._answered()
        return self._won

    def sent(self, row: EmailLog, now: dt.datetime) -> None:
        self._unsaid = row.pk, now

    def close(self) -> None:
        self.won()
        if self._unsaid:
            pk, at = self._unsaid
            self._unsaid = None
            rows = EmailLog.objects.filter(pk=pk, state=EmailLog.State.SENDING)
            rows.update(state=EmailLog.State.SENT, finished_at=at)

    def _ask(self, *values: object) -> None:
        """Send the statement. psycopg itself would wait for the answer, so this talks to libpq."""
        own: Any = connection.connection
        said = [None if value is None else str(value).encode() for value in values]
        if is_pooled():
            own.pgconn.send_query_params(self._statement, said)
        else:
            own.pgconn.send_query_prepared(prepared(own, self._statement, "claim").encode(), said)
        own.pgconn.flush()
        self._asked = True

    def _answered(self) -> bool:
        self._asked = False
        claimed = False
        own: Any = connection.connection
        results = []
        while (result := own.pgconn.get_result()) is not None:
            results.append(result)
        for result in results:
            check(result)
            claimed = claimed or result.ntuples > 0
        return claimed
