"""manage.py invalidate_cache PATTERN: delete what the cache keeps under the keys that fit."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from redis.exceptions import RedisError

from nocturne.cache import invalidate
from nocturne.valkey import Away


class Command(BaseCommand):
    help = "Delete what the cache keeps under the keys that fit a pattern, as 'events:7:*' or 'page:*'."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pattern", help="a key; * stands for any characters, ? for one, [ab] for one of these")

    def handle(self, *args: Any, pattern: str, **options: Any) -> None:
        if not pattern.strip():
            raise CommandError("An empty pattern fits no key; '*' fits all.")
        try:
            count = invalidate(pattern.strip())
        except Away:
            raise CommandError("The cache is away. What it keeps ends within 15 minutes by itself.") from None
        except RedisError as error:
            raise CommandError(f"The cache refused: {error}") from error
        self.stdout.write(f"{count} {'entry' if count == 1 else 'entries'} deleted.")
