"""The first version of each text and email, in English and Welsh. All Welsh is unconfirmed."""

from datetime import date

from django.db import migrations

TEXTS = {
    "please_ring": (
        "Please ring me", "Ffoniwch fi",
        "Hello {first_name}. Please ring {officer} on {phone} when it suits you. "
        "It is not urgent. Please do not reply to this text.",
        "Helo {first_name}. Ffoniwch {officer} ar {phone} pan fydd yn gyfleus. "
        "Nid yw'n fater brys. Peidiwch ag ateb y neges hon.",
    ),
    "tried_to_ring": (
        "I tried to ring you", "Ceisiais eich ffonio",
        "Hello {first_name}. I tried to ring you and will try again. You can ring me on {phone}. {officer}. "
        "Please do not reply to this text.",
        "Helo {first_name}. Ceisiais eich ffonio a byddaf yn rhoi cynnig arall arni. "
        "Gallwch fy ffonio ar {phone}. {officer}. Peidiwch ag ateb y neges hon.",
    ),
    "will_ring": (
        "When I will ring", "Pryd y byddaf yn ffonio",
        "Hello {first_name}. I will ring you on {day} at {time}, as we agreed. If that no longer suits, "
        "ring me on {phone}. {officer}",
        "Helo {first_name}. Byddaf yn eich ffonio {day} am {time}, fel y cytunwyd. Os nad yw hynny'n gyfleus "
        "mwyach, ffoniwch fi ar {phone}. {officer}",
    ),
}  # fmt: skip
EMAILS = {
    "please_ring_email": (
        "Please ring me", "Ffoniwch fi", "Please ring {officer}", "Ffoniwch {officer}",
        "Hello {first_name}\n\nPlease ring me on {phone} when it suits you.\n\n{officer}",
        "Helo {first_name}\n\nFfoniwch fi ar {phone} pan fydd yn gyfleus.\n\n{officer}",
    ),
    "update_email": (
        "Tell what happened", "Dweud beth ddigwyddodd", "A message from {officer}", "Neges gan {officer}",
        "Hello {first_name}\n\n{what_happened}\n\nIf you would like to talk about this, ring me on {phone}. "
        "Our reference is {reference}.\n\n{officer}\n\n"
        "You can write or ring in Welsh or in English. Writing in Welsh will not lead to delay.",
        "Helo {first_name}\n\n{what_happened}\n\nOs hoffech siarad am hyn, ffoniwch fi ar {phone}. "
        "Ein cyfeirnod yw {reference}.\n\n{officer}\n\n"
        "Gallwch ysgrifennu neu ffonio yn Gymraeg neu yn Saesneg. Ni fydd ysgrifennu yn Gymraeg yn arwain "
        "at oedi.",
    ),
}  # fmt: skip


def write(apps, schema_editor):
    template = apps.get_model("messaging", "MessageTemplate")
    common = {"number": 1, "status": "approved", "effective_from": date(2021, 4, 1)}
    for key, (name_en, name_cy, body_en, body_cy) in TEXTS.items():
        template.objects.create(
            key=key,
            channel="text",
            name_en=name_en,
            name_cy=name_cy,
            body_en=body_en,
            body_cy=body_cy,
            **common,
        )
    for key, (name_en, name_cy, subject_en, subject_cy, body_en, body_cy) in EMAILS.items():
        template.objects.create(
            key=key, channel="email", name_en=name_en, name_cy=name_cy, subject_en=subject_en,
            subject_cy=subject_cy, body_en=body_en, body_cy=body_cy, **common,
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
