from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0014_no_indexes_of_slugs")]

    operations = [
        AddIndexConcurrently(
            model_name="listing",
            index=models.Index(
                fields=["city", "night"],
                include=["event", "source", "retired_at"],
                condition=models.Q(event__isnull=False),
                name="listing_night",
            ),
        ),
    ]
