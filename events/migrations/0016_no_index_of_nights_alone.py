from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0015_who_lists_what_of_a_night")]

    operations = [RemoveIndexConcurrently(model_name="listing", name="listing_city_night")]
