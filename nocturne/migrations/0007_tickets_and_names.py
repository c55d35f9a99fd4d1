from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("nocturne", "0007_trail")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="display_name",
            field=models.CharField(
                blank=True,
                help_text="Shown with what the person writes. Chosen, and no e-mail address.",
                max_length=40,
                verbose_name="name",
            ),
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("code", "a code in a mail"), ("link", "a link of admin_login")], max_length=4
                    ),
                ),
                ("address", models.CharField(max_length=254)),
                ("hashed", models.CharField(blank=True, help_text="Of the code; a link is signed.", max_length=64)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["expires_at"], name="ticket_expires"),
                    models.Index(fields=["address"], name="ticket_address"),
                ],
            },
        ),
    ]
