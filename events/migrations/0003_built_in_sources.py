from django.db import migrations

BUILT_IN = (("editors", "Entries of editors", 90), ("visitors", "Entries of visitors", 40))


def create(apps, schema_editor):
    source = apps.get_model("events", "Source")
    for built_in, name, trust in BUILT_IN:
        source.objects.get_or_create(built_in=built_in, defaults={"name": name, "trust": trust})


class Migration(migrations.Migration):
    dependencies = [("events", "0002_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
