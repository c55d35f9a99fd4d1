import django.db.models.deletion
import django.utils.timezone
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F


def date_what_is_there(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Nobody is told today of what changed before."""
    apps.get_model("events", "Rsvp").objects.update(answered_at=F("created_at"))
    apps.get_model("events", "EventChange").objects.update(told_at=F("at"))


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0008_labels_for_editors"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Attendee",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="attendee",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "calendar_version",
                    models.PositiveIntegerField(default=0, help_text="Raising it ends the calendar's address."),
                ),
                (
                    "reminders",
                    models.BooleanField(default=True, help_text="Mail on the day before an event."),
                ),
                (
                    "notices",
                    models.BooleanField(default=True, help_text="Mail when an event is cancelled or moved."),
                ),
            ],
        ),
        migrations.AddField(
            model_name="rsvp",
            name="answered_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, editable=False, verbose_name="last answered at"
            ),
        ),
        migrations.AddField(
            model_name="eventchange",
            name="told_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When mail to those who go was queued, if it is due.",
                null=True,
                verbose_name="told at",
            ),
        ),
        migrations.RunPython(date_what_is_there, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="eventchange",
            index=models.Index(condition=models.Q(("told_at", None)), fields=["at"], name="event_change_untold"),
        ),
    ]
