"""A way into the admin without a mail: for the first editor, and for when mail does not go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from nocturne.accounts import tickets
from nocturne.accounts.factors import has_factor, reset
from nocturne.models import User
from nocturne.origin import absolute


class Command(BaseCommand):
    help = (
        "Print a link that signs an editor in once, within ten minutes. It stands for the code in a mail: the second "
        "factor is asked for besides."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The e-mail address of the editor's account.")
        parser.add_argument(
            "--reset", action="store_true", help="Take the second factor away first: phone and recovery codes are lost."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].strip().lower()
        user = User.objects.filter(email=email).first()
        if user is None:
            raise CommandError(f"There is no account {email}. `manage.py createsuperuser` makes the first one.")
        if not user.is_staff:
            raise CommandError(f"{email} is no editor: a superuser can give the account that right in the admin.")
        if not user.is_active:
            raise CommandError(f"The account {email} is closed: a superuser can open it in the admin.")
        if options["reset"] and reset(user):
            self.stderr.write("The second factor and its recovery codes were taken away.")
        token = tickets.issue_link(user.email)
        self.stdout.write(absolute(reverse("account_link", args=[token])))
        then = "Your second factor is asked for next." if has_factor(user) else "You set up a second factor next."
        minutes = int(tickets.LINK_LIFE.total_seconds() // 60)
        self.stderr.write(f"It works once, for {minutes} minutes; older links of this account are void. {then}")
