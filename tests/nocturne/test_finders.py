"""What the development server answers to paths of static files."""

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory


@pytest.mark.parametrize(
    ("path", "status"),
    [("/static/favicon.svg", 200), ("/static/../manage.py", 404), ("/static/a/../../manage.py", 404)],
)
def test_a_path_that_leads_outside_is_not_found(rf: RequestFactory, path: str, status: int) -> None:
    assert StaticFilesHandler(WSGIHandler()).get_response(rf.get(path)).status_code == status
