import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0006_handovers_and_the_scale_of_work"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PublicUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(choices=[("begun", "Begun"), ("sent", "Sent")], max_length=5)),
                ("address", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "address", "at"], name="public_use_by_address"),
                    models.Index(fields=["kind", "at"], name="public_use_by_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReferredIn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("named", models.CharField(max_length=210)),
                ("agreed_on", models.DateField(blank=True, null=True)),
                ("agreed_how", models.CharField(blank=True, max_length=200)),
                ("made_at", models.DateTimeField()),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals_to_us",
                        to="referrals.partner",
                    ),
                ),
                (
                    "referral",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="by_hand",
                        to="referrals.referral",
                    ),
                ),
            ],
            options={
                "ordering": ("-made_at",),
            },
        ),
        migrations.CreateModel(
            name="UnfinishedForm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_hash", models.CharField(max_length=64, unique=True)),
                ("previous_hash", models.CharField(blank=True, db_index=True, max_length=64)),
                ("turned_at", models.DateTimeField(blank=True, null=True)),
                ("answers", models.JSONField(blank=True, default=dict)),
                ("sent_reference", models.CharField(blank=True, max_length=20)),
                ("sent_due_on", models.DateField(blank=True, null=True)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="unfinished_expires")],
            },
        ),
        migrations.AddIndex(
            model_name="referredin",
            index=models.Index(fields=["made_by", "-made_at"], name="referred_in_by"),
        ),
        migrations.AddIndex(
            model_name="referredin",
            index=models.Index(fields=["partner", "-made_at"], name="referred_in_partner"),
        ),
    ]
