"""The sessions of an account: each counts for as long as the hash of the account's password is what it was."""

from django.conf import settings

from nocturne.models import User


def end_all(user: User) -> None:
    """Sign somebody out in all browsers. Nobody has a password to remember, but in development."""
    if not (settings.DEVELOPMENT and user.has_usable_password()):
        user.set_unusable_password()
        user.save(update_fields=["password"])
