from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("nocturne", "0009_no_index_of_alerts_by_time")]

    operations = [RemoveIndexConcurrently(model_name="emaillog", name="email_by_message_id")]
