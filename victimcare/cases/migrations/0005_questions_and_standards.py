"""The numbers that a unit begins with."""

import datetime

from django.db import migrations

# What we begin with. None was found in the force's published policy, so none is confirmed.
FIRST = {
    "attempts": 3,
    "attempt_gap": 1,
    "afternoon_from": 12,
    "evening_from": 17,
    "wait_for_answer": 7,
    "officer_reply": 2,
}


def write_first_numbers(apps, schema_editor):
    standard = apps.get_model("cases", "Standard")
    for key, value in FIRST.items():
        standard.objects.create(
            key=key, value=value, effective_from=datetime.date(2021, 7, 1), reason="Common practice."
        )


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_names_by_sound")]

    operations = [migrations.RunPython(write_first_numbers, migrations.RunPython.noop)]
