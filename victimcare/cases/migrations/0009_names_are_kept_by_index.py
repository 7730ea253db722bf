"""The functions that keep names always go by an index.

A function keeps the plan of its first call. Where the tables were still empty then, as in a first import, it read
them whole from then on, and each chunk took longer than the one before.
"""

from django.db import migrations

FUNCTIONS = (
    "keep_words_of_names", "keep_name_in_case", "move_name_in_case", "forget_name_in_case", "rename_in_case",
    "move_to_witness_care_team",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("cases", "0007_found_by_name")]
    operations = [
        migrations.RunSQL(
            f"ALTER FUNCTION {name}() SET enable_seqscan = off;",
            f"ALTER FUNCTION {name}() RESET enable_seqscan;",
        )
        for name in FUNCTIONS
    ]
