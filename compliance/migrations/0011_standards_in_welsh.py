"""Our own standards may be said in Welsh too, and those we began with are; a dispute says whether it was upheld."""

from django.db import migrations, models

WELSH = {
    "R6-END": "Bod yr ymchwiliad wedi’i gau am na chafwyd hyd i berson dan amheuaeth, a pham.",
    "PUT-RIGHT": "Ein bod yn hwyr, pam, beth sy’n digwydd nawr, a sut i gwyno os dymunir gwneud hynny.",
}
ENGLISH = {
    "R6-END": "That the investigation was closed because no suspect was found, and why.",
    "PUT-RIGHT": "That we were late, why, what happens now, and how to complain if they wish to.",
}
DECISION = models.CharField(
    blank=True,
    choices=[
        ("", "Not decided"),
        ("upheld", "The dispute is upheld"),
        ("refused", "The dispute is not upheld"),
    ],
    max_length=10,
)
STATE = models.CharField(
    choices=[
        ("open", "To be accepted or disputed"),
        ("disputed", "Disputed"),
        ("accepted", "To be closed"),
        ("closed", "Closed"),
        ("ended", "No longer a breach"),
    ],
    default="open",
    max_length=10,
)


def say_in_welsh(apps, schema_editor):
    """Only where it still says what we began with."""
    standards = apps.get_model("compliance", "LocalStandard").objects
    for key, welsh in WELSH.items():
        standards.filter(key=key, title=ENGLISH[key]).update(title_cy=welsh)


class Migration(migrations.Migration):
    dependencies = [("compliance", "0009_putting_right_is_a_standard")]

    operations = [
        *(
            migrations.AddField(model, name, models.CharField(blank=True, max_length=length))
            for model in ("localstandard", "historicallocalstandard")
            for name, length in (("name_cy", 60), ("title_cy", 200))
        ),
        *(
            migrations.AlterField(model, name, field)
            for model in ("breach", "historicalbreach")
            for name, field in (("decision", DECISION), ("state", STATE))
        ),
        migrations.RunPython(say_in_welsh, migrations.RunPython.noop),
    ]
