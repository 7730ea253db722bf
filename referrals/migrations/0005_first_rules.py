"""The first rules of triage, from the table that comes with the application. Unconfirmed: nobody approved them."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

from django.db import migrations

FILE = Path(__file__).resolve().parent.parent / "first_rules.toml"


def write_the_first(apps, schema_editor):
    """Nobody proposed and nobody approved the first version: it came with the application."""
    table = tomllib.loads(FILE.read_text("utf-8"))
    day = table["effective_from"]
    first = apps.get_model("referrals", "RuleSet").objects.create(
        number=1,
        state="approved",
        drawn_from=table["drawn_from"],
        effective_from=day,
        approved_at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
    )
    apps.get_model("referrals", "TriageRule").objects.bulk_create(
        apps.get_model("referrals", "TriageRule")(rule_set=first, order=order, **row)
        for order, row in enumerate(table["rules"], start=1)
    )
    apps.get_model("referrals", "PriorityStandard").objects.bulk_create(
        apps.get_model("referrals", "PriorityStandard")(rule_set=first, **row) for row in table["standards"]
    )


class Migration(migrations.Migration):
    dependencies = [("referrals", "0001_initial")]

    operations = [migrations.RunPython(write_the_first, migrations.RunPython.noop)]
