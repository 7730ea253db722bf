"""The courts where Gwent's cases are heard. Codes are national; addresses are entered by the unit."""

from django.db import migrations

COURTS = [
    ("C62NG00", "Newport Crown Court", "Llys y Goron Casnewydd", True),
    ("B61NP00", "Newport Magistrates' Court", "Llys Ynadon Casnewydd", False),
    ("B61EH00", "Cwmbran Magistrates' Court", "Llys Ynadon Cwmbrân", False),
]


def write(apps, schema_editor):
    court = apps.get_model("courts", "Court")
    for ou, name, name_cy, is_crown in COURTS:
        court.objects.get_or_create(ou=ou, defaults={"name": name, "name_cy": name_cy, "is_crown": is_crown})


class Migration(migrations.Migration):
    dependencies = [("courts", "0001_initial")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
