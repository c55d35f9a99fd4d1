"""What kinds of events there are: the codes that drafts and events carry, and their words for visitors."""

CATEGORIES = {
    "music": "Music",
    "nightlife": "Nightlife",
    "theatre": "Theatre & dance",
    "comedy": "Comedy",
    "film": "Film",
    "art": "Art & exhibitions",
    "books": "Books & readings",
    "talks": "Talks & ideas",
    "workshops": "Workshops & classes",
    "food": "Food & drink",
    "festivals": "Festivals & markets",
    "family": "Family",
    "sports": "Sports",
    "community": "Community",
}


def category_label(code: str) -> str:
    """The words of a code; a code that is not in the list is shown as it is written."""
    return CATEGORIES.get(code, code.replace("-", " ").replace("_", " ").capitalize())
