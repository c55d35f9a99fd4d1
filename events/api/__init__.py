"""The public API: cities, events, venues, and what there is of them."""

from ninja import Router

from . import catalogue, cities, lists, one

router = Router()
for module in (cities, lists, one, catalogue):
    router.add_router("", module.router)
