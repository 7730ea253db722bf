"""The Victims' Code 2020 as in force, and the first of the unit's own standards."""

import hashlib
import tomllib
from datetime import date
from pathlib import Path

from django.db import migrations
from django.utils import timezone

FILE = Path(__file__).resolve().parent.parent / "code_2020.toml"


def load(apps, schema_editor):
    """Nobody loaded and nobody approved the first version: it came with the application."""
    text = FILE.read_text("utf-8")
    code = tomllib.loads(text)["code"]
    apps.get_model("compliance", "CodeVersion").objects.create(
        key=code["key"],
        title=code["title"],
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        in_force_from=code["in_force_from"],
        approved_at=timezone.now(),
    )
    apps.get_model("compliance", "LocalStandard").objects.create(
        key="R6-END",
        right=6,
        title="That the investigation was closed because no suspect was found, and why.",
        trigger="INVESTIGATION_CLOSED_NO_SUSPECT",
        clock="decision",
        standard=5,
        enhanced=1,
        effective_from=date(2021, 4, 1),
    )


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop)]
