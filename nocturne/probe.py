"""Whether the web process of this machine answers: python -m nocturne.probe, for containers and scripts.

It asks /health/live under a name of ALLOWED_HOSTS, and ends with 0 if all is well.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit

from nocturne.configuration import value

SECONDS = 4


def alive(address: str) -> bool:
    """Whether a process answers at host:port."""
    hosts = value("ALLOWED_HOSTS") or [urlsplit(value("SITE_URL")).hostname]
    connection = http.client.HTTPConnection(address, timeout=SECONDS)
    try:
        connection.request("GET", "/health/live", headers={"Host": hosts[0].lstrip(".")})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if alive(sys.argv[1] if len(sys.argv) > 1 else f"127.0.0.1:{os.environ.get('PORT', '8000')}") else 1)
