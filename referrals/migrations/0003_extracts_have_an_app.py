"""The tables of extracts are intake's now; what is left here only points at them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0001_extracts_move_here"),
        ("referrals", "0002_suppressed_has_an_index"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "referral",
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="intake.importbatch",
                    ),
                ),
                migrations.AlterField(
                    "historicalreferral",
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="intake.importbatch",
                    ),
                ),
                migrations.DeleteModel("ImportRow"),
                migrations.DeleteModel("FeedRow"),
                migrations.DeleteModel("ImportBatch"),
            ]
        ),
    ]
