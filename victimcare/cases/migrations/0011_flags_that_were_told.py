"""What somebody told us of a crime, when they opened its case by hand, stays whatever a feed says later."""

from typing import Any

import django.contrib.postgres.fields
from django.db import migrations, models


def told(apps: Any, schema_editor: Any) -> None:
    """A case that no feed brought has only flags that somebody told us of."""
    apps.get_model("cases", "Case").objects.filter(source_system="").update(flags_told=models.F("flags"))


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_indexes_nobody_asks")]
    operations = [
        migrations.AddField(
            model_name=name,
            name="flags_told",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=12), blank=True, db_default=[], default=list, size=None
            ),
        )
        for name in ("case", "historicalcase")
    ] + [migrations.RunPython(told, migrations.RunPython.noop)]
