"""The case of a duty has two indexes that are the same: Django's own goes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("compliance", "0002_code_2020_and_local_standards")]
    operations = [
        migrations.RunSQL(
            "DROP INDEX IF EXISTS compliance_duty_case_id_67c76de2",
            "CREATE INDEX compliance_duty_case_id_67c76de2 ON compliance_duty (case_id)",
        )
    ]
