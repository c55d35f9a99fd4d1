from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("subscriptions", "0002_digests")]

    operations = [RemoveIndexConcurrently(model_name="digestitem", name="digest_item_in_order")]
