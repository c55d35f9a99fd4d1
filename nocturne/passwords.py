"""The mail with which editors set a new password."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm as DjangoPasswordResetForm
from django.template.loader import render_to_string

from . import mail
from .models import EmailLog


class PasswordResetForm(DjangoPasswordResetForm):
    """Django's, but that its mail passes the gate, and its link follows the settings and not a request's Host header.

    It is sent at once: who waits for it asks again if it fails.
    """

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        site = urlsplit(settings.SITE_URL)
        context = {**context, "domain": site.netloc, "protocol": site.scheme, "site_name": settings.SITE_NAME}
        subject = render_to_string(subject_template_name, context)
        text = render_to_string(email_template_name, context)
        row = mail.queue(EmailLog.Kind.SIGN_IN, to_email)
        if row:
            mail.send(row, lambda row: mail.Mail(row.address, subject, text=text), retry=False)
