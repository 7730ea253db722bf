from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0012_children_reached_by_decision")]

    operations = [
        migrations.AddIndex(
            model_name="case",
            index=models.Index(
                condition=models.Q(("is_restricted", True)), fields=["id"], name="case_restricted"
            ),
        ),
    ]
