"""What the page about privacy says of answers, comments and reports."""

from django.utils.translation import gettext as _

from .archive import DAYS, KEEP
from .comments import LATELY
from .reports import UNANSWERED


def answers() -> str:
    return _(
        "Answers: to which events you said that you go, when, and which mail you want about them, until you take them "
        "back or delete your account. Others see a number and no name."
    )


def comments() -> str:
    return _(
        "Comments: what you wrote, the name beside it and when, until you delete it or your account. Who reports a "
        "comment leaves the reason, a keyed hash of the network address and, signed in, the account, until {days} days "
        "after an editor has decided."
    ).format(days=LATELY.days)


def reports() -> str:
    return _(
        "Reports of events: what you wrote, and your e-mail address if you want an answer, until {settled} days after "
        "they are settled. Where nobody settles one, the address goes after {open} days."
    ).format(settled=KEEP * DAYS, open=UNANSWERED.days)
