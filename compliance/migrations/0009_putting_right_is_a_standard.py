"""A right that was not met in time opens a duty of our own: to put it right with the victim."""

from datetime import date

from django.db import migrations


def add(apps, schema_editor):
    apps.get_model("compliance", "LocalStandard").objects.create(
        key="PUT-RIGHT",
        right=12,
        title="That we were late, why, what happens now, and how to complain if they wish to.",
        trigger="RIGHT_NOT_MET",
        clock="receipt",
        standard=5,
        enhanced=1,
        effective_from=date(2021, 4, 1),
    )


class Migration(migrations.Migration):
    dependencies = [("compliance", "0006_duty_tallies")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
