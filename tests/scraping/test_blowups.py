"""What is made to take the square of the time is read in time that its length bounds, and costs nothing beside it.

A reader that takes the square would not come to an end here within the time that a test has. `make hostile` measures.
"""

import pytest

from scraping.detect import read
from scraping.identity import settle
from scraping.normalise import LENGTHS, normalise
from tests.scraping import hostile
from tests.scraping.reading import document, window

SIZE = 400_000


@pytest.mark.slow
@pytest.mark.parametrize("name", hostile.DOCUMENTS)
def test_what_is_made_to_take_long_does_not(name: str) -> None:
    body = hostile.document(name, SIZE)
    reading = read(document(body), window())
    assert not [problem for problem in reading.problems if problem.code == "document.fault"]
    drafts = settle(normalise(draft) for draft in reading.drafts)
    assert all(len(draft.description) <= LENGTHS["description"] for draft in drafts)
    if b"Konzert im Hof" in body:
        assert "Konzert im Hof" in [draft.title for draft in drafts]
