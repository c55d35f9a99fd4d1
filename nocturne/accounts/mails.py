"""Mails about signing in: the code, and that a second factor was changed. They go at once: somebody waits."""

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import gettext as _, gettext_lazy

from nocturne import mail
from nocturne.models import EmailLog

from .tickets import CODE_LIFE

NOTICES = {
    "totp_activated": gettext_lazy("An authenticator app was added to your account."),
    "totp_deactivated": gettext_lazy("The authenticator app was removed from your account."),
    "recovery_codes_generated": gettext_lazy("New recovery codes were made for your account; the old ones are void."),
}


def send_code(address: str, code: str) -> bool:
    """Mail a code; False if no mail server took it now, so that it may be asked for again."""
    shown = f"{code[:3]} {code[3:]}"
    minutes = int(CODE_LIFE.total_seconds() // 60)
    subject = _("%(code)s is your code for %(site)s") % {"code": shown, "site": settings.SITE_NAME}
    return _send(address, subject, "code", {"code": shown, "minutes": minutes})


def send_notice(what: str, address: str) -> None:
    """Tell the owner of an account that its second factor was changed."""
    if said := NOTICES.get(what):
        subject = _("Your account was changed · %(site)s") % {"site": settings.SITE_NAME}
        _send(address, subject, "notice", {"said": said})


def _send(address: str, subject: str, template: str, context: dict[str, object]) -> bool:
    context |= {"site_name": settings.SITE_NAME, "site_url": settings.SITE_URL}
    row = mail.queue(EmailLog.Kind.SIGN_IN, address)
    if row is None:
        return False
    text, html = (render_to_string(f"account/mail/{template}.{form}", context) for form in ("txt", "html"))
    state = mail.send(row, lambda row: mail.Mail(row.address, subject, text=text, html=html), retry=False)
    # of an address that is suppressed nobody else is told
    return state not in (EmailLog.State.FAILED, EmailLog.State.QUEUED)
