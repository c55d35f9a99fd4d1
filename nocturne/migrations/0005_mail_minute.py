from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("nocturne", "0004_reports"),
    ]

    operations = [
        migrations.CreateModel(
            name="MailMinute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(unique=True)),
                ("count", models.IntegerField(default=0)),
            ],
        ),
    ]
