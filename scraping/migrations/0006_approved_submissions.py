from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scraping", "0005_submissions")]

    operations = [
        migrations.AddField(
            model_name="submission",
            name="approved",
            field=models.JSONField(
                editable=False,
                help_text="The draft that was last put on the list by an editor, or by trust.",
                null=True,
            ),
        ),
    ]
