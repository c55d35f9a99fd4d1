"""People who sign in: visitors by a code in a mail, staff with a second factor on top. The rest is allauth's."""
