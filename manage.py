#!/usr/bin/env python
"""Nocturne's commands. This file is also read by old Pythons, and has to tell them so."""

import getpass
import os
import sys

if sys.version_info < (3, 12):
    sys.exit(
        "Nocturne needs Python 3.12 or newer and this is %d.%d: make .venv && .venv/bin/python manage.py %s"
        % (sys.version_info[0], sys.version_info[1], " ".join(sys.argv[1:]))
    )


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nocturne.settings")
    try:
        from django.core.management import execute_from_command_line

        from nocturne import trail
        from nocturne.dev import environment
    except ModuleNotFoundError as error:
        sys.exit(f"{error}: make .venv && .venv/bin/python manage.py {' '.join(sys.argv[1:])}")
    environment.prepare(sys.argv)
    command = " ".join(sys.argv[1:2])
    try:
        with trail.by(lambda: "manage.py %s (%s)" % (command, getpass.getuser())):
            execute_from_command_line(sys.argv)
    except BrokenPipeError:  # "| head" has seen enough; what is still to be written at exit goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
