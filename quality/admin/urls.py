"""The addresses of the editors' desk, below /admin/desk/."""

from django.urls import path

from . import held, pairs, report, undoing, unplaced, venues, visitors

app_name = "desk"
urlpatterns = [
    path("pairs/", pairs.pairs, name="pairs"),
    path("pairs/decide/", pairs.decide, name="decide"),
    path("held/", held.held, name="held"),
    path("listings/", unplaced.unplaced, name="unplaced"),
    path("venues/", venues.venues, name="venues"),
    path("comments/", visitors.comments, name="comments"),
    path("comments/decide/", visitors.decide, name="decide_comment"),
    path("reports/", visitors.reports, name="reports"),
    path("quality/", report.report, name="report"),
    path("undo/<int:pk>/", undoing.undo, name="undo"),
]
