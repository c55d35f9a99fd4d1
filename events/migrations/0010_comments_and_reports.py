import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("events", "0009_answers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CommentReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "hashed",
                    models.CharField(
                        editable=False, help_text="Keyed hash of the reporter's network address.", max_length=64
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("spam", "Advertising or spam"),
                            ("abuse", "Insults or hate"),
                            ("private", "Says what is private about somebody"),
                            ("other", "Something else"),
                        ],
                        default="other",
                        max_length=10,
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=500)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="reported at")),
                (
                    "settled_at",
                    models.DateTimeField(blank=True, help_text="When an editor decided on the comment.", null=True),
                ),
            ],
            options={
                "ordering": ("at", "pk"),
            },
        ),
        migrations.CreateModel(
            name="EventReport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("mistake", "a mistake"), ("takedown", "to be taken down")],
                        default="mistake",
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("when", "The date or the time is wrong"),
                            ("where", "The place is wrong"),
                            ("price", "The price is wrong"),
                            ("status", "It is cancelled, moved or sold out"),
                            ("double", "It is listed twice"),
                            ("bogus", "There is no such event"),
                            ("other", "Something else"),
                            ("rights", "It uses my text or picture without my permission"),
                            ("private", "It says what is private about me"),
                            ("organizer", "It is my event, and I do not want it listed"),
                            ("unlawful", "It is unlawful"),
                        ],
                        max_length=10,
                    ),
                ),
                ("text", models.TextField(blank=True, max_length=2000)),
                (
                    "email",
                    models.EmailField(
                        blank=True,
                        help_text="For an answer, if one is wanted.",
                        max_length=254,
                        verbose_name="e-mail address",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="reported at")),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ("-at", "-pk"),
            },
        ),
        migrations.AddField(
            model_name="comment",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                help_text="None where nobody has decided yet.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="decided_comments",
                to=settings.AUTH_USER_MODEL,
                verbose_name="editor",
            ),
        ),
        migrations.AddField(
            model_name="comment",
            name="state_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name="state since"),
        ),
        migrations.AddField(
            model_name="comment",
            name="why",
            field=models.CharField(blank=True, help_text="Why it is held or hidden.", max_length=300),
        ),
        migrations.AlterField(
            model_name="decision",
            name="kind",
            field=models.CharField(
                choices=[
                    ("visibility", "what visitors see"),
                    ("pair", "same or different"),
                    ("venue", "venues"),
                    ("listing", "listings without an event"),
                    ("comment", "comments"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(condition=models.Q(("state", "held")), fields=["id"], name="comment_held"),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(fields=["created_at"], name="comment_newest"),
        ),
        migrations.AddField(
            model_name="commentreport",
            name="comment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="reports", to="events.comment"
            ),
        ),
        migrations.AddField(
            model_name="commentreport",
            name="user",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="comment_reports",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="eventreport",
            name="event",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="reports", to="events.event"
            ),
        ),
        migrations.AddField(
            model_name="eventreport",
            name="settled_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="settled_reports",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="commentreport",
            index=models.Index(
                condition=models.Q(("settled_at", None)), fields=["comment"], name="comment_report_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="commentreport",
            constraint=models.UniqueConstraint(fields=("comment", "user"), name="comment_report_is_one_a_user"),
        ),
        migrations.AddConstraint(
            model_name="commentreport",
            constraint=models.UniqueConstraint(fields=("comment", "hashed"), name="comment_report_is_one_an_address"),
        ),
        migrations.AddIndex(
            model_name="eventreport",
            index=models.Index(fields=["-at", "-id"], name="event_report_newest"),
        ),
        migrations.AddIndex(
            model_name="eventreport",
            index=models.Index(
                condition=models.Q(("settled_at", None)), fields=["kind", "at"], name="event_report_open"
            ),
        ),
    ]
