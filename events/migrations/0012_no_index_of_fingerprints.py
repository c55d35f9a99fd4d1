from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0011_no_index_of_canonical_urls")]

    operations = [RemoveIndexConcurrently(model_name="listing", name="listing_fingerprint")]
