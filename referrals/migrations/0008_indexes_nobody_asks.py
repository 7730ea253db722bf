"""Fewer indexes to write, as in cases 0010: a referral's reference is never looked for by its beginning, and its
history is asked by its row and its day alone.
"""

from django.db import migrations

TABLE, HISTORY = "referrals_referral", "referrals_historicalreferral"
INDEXES = (
    (TABLE, "reference_4ecf22d5_like", "reference varchar_pattern_ops"),
    (HISTORY, "reference_6df06b7f_like", "reference varchar_pattern_ops"),
    (HISTORY, "reference_6df06b7f", "reference"),
    (HISTORY, "participant_id_3fe85832", "participant_id"),
    (HISTORY, "batch_id_a837ec5c", "batch_id"),
    (HISTORY, "rule_set_id_35f12f82", "rule_set_id"),
    (HISTORY, "allocated_by_id_615c8e5d", "allocated_by_id"),
    (HISTORY, "triaged_by_id_3a88bcf8", "triaged_by_id"),
    (HISTORY, "history_user_id_73594f0f", "history_user_id"),
)


class Migration(migrations.Migration):
    dependencies = [("referrals", "0005_first_rules")]
    operations = [
        migrations.RunSQL(
            f"DROP INDEX IF EXISTS {table}_{end}", f"CREATE INDEX {table}_{end} ON {table} ({columns})"
        )
        for table, end, columns in INDEXES
    ]
