"""Editors, and the day on which tests of their desk play."""

from collections.abc import Iterator

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client

from nocturne.models import User
from tests.quality.desk import NOW, make_editor


@pytest.fixture
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ada(db: None) -> Client:
    return make_editor()


@pytest.fixture
def looker(db: None) -> Client:
    client = make_editor("looker@example.org", is_superuser=False)
    user = User.objects.get(email="looker@example.org")
    user.user_permissions.add(*Permission.objects.filter(codename__startswith="view_"))
    return client
