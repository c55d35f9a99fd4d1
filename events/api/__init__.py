"""The public API: cities, events, venues, and what there is of them."""

from ninja import Router

from . import catalogue, cities, community, lists, one

router = Router()
for module in (cities, lists, one, catalogue, community):
    router.add_router("", module.router)
