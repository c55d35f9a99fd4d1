from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0010_comments_and_reports")]

    operations = [RemoveIndexConcurrently(model_name="listing", name="listing_canonical_url")]
