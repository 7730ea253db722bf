"""Extracts, their rows and what feeds last said move here from referrals, with everything in them."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import victimcare.intake.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("referrals", "0002_suppressed_has_an_index"),
        ("cases", "0002_append_only_events_and_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE referrals_importbatch RENAME TO intake_importbatch;
            ALTER TABLE referrals_importrow RENAME TO intake_importrow;
            ALTER TABLE referrals_feedrow RENAME TO intake_feedrow;
            """,
            """
            ALTER TABLE intake_importbatch RENAME TO referrals_importbatch;
            ALTER TABLE intake_importrow RENAME TO referrals_importrow;
            ALTER TABLE intake_feedrow RENAME TO referrals_feedrow;
            """,
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="ImportBatch",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "reference",
                            models.CharField(
                                default=victimcare.intake.models.batch_reference, max_length=20, unique=True
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("referrals", "Referrals"),
                                    ("events", "Events"),
                                    ("hearings", "Hearings"),
                                    ("contacts", "Contacts"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("file_name", models.CharField(max_length=200)),
                        ("sha256", models.CharField(max_length=64)),
                        ("content", models.BinaryField(blank=True, null=True)),
                        ("encoding", models.CharField(blank=True, max_length=20)),
                        (
                            "unknown_columns",
                            django.contrib.postgres.fields.ArrayField(
                                base_field=models.CharField(max_length=80),
                                blank=True,
                                default=list,
                                size=None,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("waiting", "Waiting to be read"),
                                    ("reading", "Being read"),
                                    ("done", "Read"),
                                    ("unreadable", "Could not be read"),
                                ],
                                default="waiting",
                                max_length=10,
                            ),
                        ),
                        ("sentence", models.CharField(blank=True, max_length=400)),
                        ("expected", models.PositiveIntegerField(default=0)),
                        ("is_history", models.BooleanField(default=False)),
                        ("received", models.PositiveIntegerField(default=0)),
                        ("accepted", models.PositiveIntegerField(default=0)),
                        ("updated", models.PositiveIntegerField(default=0)),
                        ("unchanged", models.PositiveIntegerField(default=0)),
                        ("suppressed", models.PositiveIntegerField(default=0)),
                        ("quarantined", models.PositiveIntegerField(default=0)),
                        ("claimed_at", models.DateTimeField(blank=True, null=True)),
                        ("arrived_at", models.DateTimeField(auto_now_add=True)),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "uploaded_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "ordering": ("-arrived_at", "-id"),
                    },
                ),
                migrations.CreateModel(
                    name="FeedRow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("referral", "Referral"),
                                    ("event", "Event"),
                                    ("hearing", "Hearing"),
                                    ("contact", "Contact"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("key", models.CharField(max_length=200)),
                        ("digest", models.CharField(max_length=32)),
                        ("acts_for", models.CharField(blank=True, max_length=40)),
                        ("extra", models.JSONField(blank=True, default=dict)),
                        (
                            "event",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="cases.event",
                            ),
                        ),
                        (
                            "participant",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="cases.participant",
                            ),
                        ),
                        (
                            "batch",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="intake.importbatch",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ImportRow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        ("natural_key", models.CharField(max_length=200)),
                        ("digest", models.CharField(blank=True, max_length=32)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("accepted", "Accepted"),
                                    ("updated", "Updated"),
                                    ("unchanged", "Unchanged"),
                                    ("suppressed", "Suppressed"),
                                    ("quarantined", "Quarantined"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("column", models.CharField(blank=True, max_length=60)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        ("content", models.JSONField(blank=True, default=dict)),
                        ("settled_at", models.DateTimeField(blank=True, null=True)),
                        ("settlement", models.CharField(blank=True, max_length=300)),
                        (
                            "batch",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rows",
                                to="intake.importbatch",
                            ),
                        ),
                        (
                            "settled_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
                migrations.AddIndex(
                    model_name="importbatch",
                    index=models.Index(
                        condition=models.Q(("state__in", ["waiting", "reading"])),
                        fields=["id"],
                        name="batch_waiting",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="importbatch",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state__in", ["waiting", "reading"])),
                        fields=("sha256",),
                        name="one_open_batch_per_file",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="importbatch",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "done"), _negated=True),
                            (
                                "received",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("accepted"), "+", models.F("updated")
                                            ),
                                            "+",
                                            models.F("unchanged"),
                                        ),
                                        "+",
                                        models.F("suppressed"),
                                    ),
                                    "+",
                                    models.F("quarantined"),
                                ),
                            ),
                            _connector="OR",
                        ),
                        name="every_row_has_one_outcome",
                    ),
                ),
                migrations.AddIndex(
                    model_name="feedrow",
                    index=models.Index(
                        condition=models.Q(("acts_for", ""), _negated=True),
                        fields=["acts_for"],
                        name="feed_row_acts_for",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="feedrow",
                    constraint=models.UniqueConstraint(fields=("kind", "key"), name="feed_row_once"),
                ),
                migrations.AddIndex(
                    model_name="importrow",
                    index=models.Index(
                        condition=models.Q(("outcome", "quarantined"), ("settled_at", None)),
                        fields=["batch", "number"],
                        name="row_in_quarantine",
                    ),
                ),
                migrations.AddIndex(
                    model_name="importrow",
                    index=models.Index(
                        condition=models.Q(("outcome", "quarantined")),
                        fields=["digest"],
                        name="row_by_digest",
                    ),
                ),
                migrations.AddIndex(
                    model_name="importrow",
                    index=models.Index(
                        condition=models.Q(("outcome", "quarantined"), ("settled_at", None)),
                        fields=["natural_key"],
                        name="row_by_key",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="importrow",
                    constraint=models.UniqueConstraint(fields=("batch", "number"), name="row_once_per_batch"),
                ),
            ]
        ),
    ]
