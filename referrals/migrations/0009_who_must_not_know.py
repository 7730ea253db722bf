"""Two reasons that the first rules of triage lacked: that somebody must not know, and that nothing was said yet.

A version that stands is never changed. Where only the one that came with the application stands, the next follows
from it, as unconfirmed as that was; where a supervisor approved a version of their own, theirs is left to them.
"""

import tomllib
from pathlib import Path

from django.db import migrations
from django.utils import timezone

FILE = Path(__file__).resolve().parent.parent / "first_rules.toml"
ADDED = ("must_not_be_known", "not_told")


def follow_the_first(apps, schema_editor):
    """Nothing where the first version has both already, as in a new database."""
    sets, rules = apps.get_model("referrals", "RuleSet"), apps.get_model("referrals", "TriageRule")
    standing = list(sets.objects.exclude(state="dropped"))
    if len(standing) != 1 or standing[0].approved_by_id is not None:
        return
    first = standing[0]
    if rules.objects.filter(rule_set=first, name__in=ADDED).exists():
        return
    table, now = tomllib.loads(FILE.read_text("utf-8")), timezone.now()
    numbers = sets.objects.order_by("-number").values_list("number", flat=True)
    following = sets.objects.create(
        number=numbers[0] + 1,
        state="approved",
        based_on=first,
        drawn_from=table["drawn_from"],
        effective_from=timezone.localdate(now),
        approved_at=now,
    )
    rules.objects.bulk_create(
        rules(rule_set=following, order=order, **row) for order, row in enumerate(table["rules"], start=1)
    )
    standards = apps.get_model("referrals", "PriorityStandard")
    standards.objects.bulk_create(standards(rule_set=following, **row) for row in table["standards"])


class Migration(migrations.Migration):
    dependencies = [("referrals", "0008_indexes_nobody_asks")]

    operations = [migrations.RunPython(follow_the_first, migrations.RunPython.noop)]
