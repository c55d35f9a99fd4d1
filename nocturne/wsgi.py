"""The web application: gunicorn nocturne.wsgi"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nocturne.settings")

application = get_wsgi_application()

from nocturne.watching import watch  # noqa: E402  # needs the settings

watch.begin("web")
