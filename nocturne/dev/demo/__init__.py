"""Sample feeds of three cities, so that a fresh installation shows at once what Nocturne does.

`python -m nocturne.dev.demo --port 9000` serves them; `sources(base_url)` says which there are.
"""

from nocturne.dev.demo.publishers import sources
from nocturne.dev.demo.server import serve

__all__ = ["serve", "sources"]
