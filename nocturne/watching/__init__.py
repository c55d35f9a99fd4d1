"""How the site is doing: counts that processes share, minutes, heartbeats, and what becomes an alert."""
