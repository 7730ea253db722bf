from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0002_first_contact")]

    operations = [
        migrations.AddField(
            "contact",
            "message",
            models.CharField(blank=True, max_length=20, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            "historicalcontact",
            "message",
            models.CharField(blank=True, max_length=20, default=""),
            preserve_default=False,
        ),
    ]
