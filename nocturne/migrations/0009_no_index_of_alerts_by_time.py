from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("nocturne", "0008_watching")]

    operations = [RemoveIndexConcurrently(model_name="alert", name="alert_newest")]
