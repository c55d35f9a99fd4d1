"""The field of a form that people do not see and programs fill in (templates/honeypot.html).

Who fills it in is answered as anybody is, and nothing comes of it.
"""

from django.http import QueryDict

FIELD = "website"


def is_filled(said: QueryDict) -> bool:
    return bool(said.get(FIELD))
