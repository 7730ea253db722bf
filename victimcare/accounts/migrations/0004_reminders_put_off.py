from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_sergeants")]

    operations = [
        migrations.RemoveIndex(model_name="notification", name="notification_snoozed"),
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("snoozed_until__isnull", False)),
                fields=["kind", "snoozed_until"],
                name="notification_snoozed",
            ),
        ),
    ]
