"""The pointers of merged events: `merged_into` and, derived from it, `root`."""

from collections import defaultdict
from collections.abc import Iterable

from events.models import Event


def link(roots: Iterable[int]) -> int:
    """Merge root events into the oldest of them, with all that is merged into them; the id of the one that stays."""
    survivor, *others = sorted(set(roots))
    Event.objects.filter(pk__in=others, merged_into=None).update(merged_into=survivor, root=survivor)
    Event.objects.filter(root__in=others).update(root=survivor)
    Event.objects.filter(part_of__in=others).update(part_of=survivor)
    return survivor


def relink(event: Event, parent: int) -> None:
    """Merge a root event, with all that is merged into it, into the one that it was merged into before.

    Not into the root of that: whoever takes the parent out again takes it along, as before.
    """
    branch = subtree(event)
    root = Event.objects.values_list("root", flat=True).get(pk=parent)
    Event.objects.filter(pk=event.pk).update(merged_into=parent, root=root)
    Event.objects.filter(pk__in=branch).update(root=root)
    Event.objects.filter(part_of=event.pk).update(part_of=root)


def unlink(event: Event) -> None:
    """Make a merged event a root again, with all that was merged into it before."""
    branch = subtree(event)
    Event.objects.filter(pk=event.pk).update(merged_into=None, root=event.pk)
    Event.objects.filter(pk__in=branch - {event.pk}).update(root=event.pk)


def subtree(event: Event) -> set[int]:
    """The ids of an event and of all that is merged into it, directly or through others."""
    children: dict[int, list[int]] = defaultdict(list)
    members = Event.objects.filter(root=event.root_id).exclude(merged_into=None)
    for pk, parent in members.values_list("pk", "merged_into"):
        children[parent or 0].append(pk)
    found, ahead = set(), [event.pk]
    while ahead:
        pk = ahead.pop()
        found.add(pk)
        ahead += children[pk]
    return found
