from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("events", "0012_no_index_of_fingerprints")]

    operations = [RemoveIndexConcurrently(model_name="eventreport", name="event_report_newest")]
