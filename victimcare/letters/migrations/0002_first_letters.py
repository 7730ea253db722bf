"""The first version of each kind of letter, in English and Welsh."""

from datetime import date

from django.db import migrations

COURT_WARNING_EN = """
{court} has told us when the case you are part of will be heard. You are needed there to give evidence.

| Court: {court}
| Day: {hearing_day}
| Time: {hearing_time}

Please ring us on {phone} as soon as you can, to say that you have this letter and whether you can come. If you cannot come on that day, tell us now, so that we can tell the court.

## At the court
Go to the main entrance and tell the staff, or the Witness Service, that you are a witness. Bring this letter. Someone may come with you to support you. If you would rather come in by a separate entrance, ring us first and we will ask the court.

## Help to give your evidence
You can ask for special measures, such as a screen in the courtroom or giving evidence by video link. The court decides. Ring us to talk about what would help you. The Witness Service can show you the court before the trial, free of charge: ring 0300 332 1000. You may give evidence in Welsh or in English: tell us which you prefer. If you need a witness summons to show your employer, ask us.

## Your expenses
You can claim for travel and meals, and towards lost earnings and childcare. Keep your receipts. Ask us before you book a taxi, a train or a room for the night.

## If something changes
We will tell you if the date changes or if you are no longer needed. If anybody tries to frighten you or to stop you giving evidence, ring 101, or 999 in an emergency. Please do not discuss your evidence with other witnesses.
"""

COURT_WARNING_CY = """
Mae {court} wedi dweud wrthym pryd y bydd yr achos yr ydych yn rhan ohono yn cael ei glywed. Mae angen i chi ddod yno i roi tystiolaeth.

| Llys: {court}
| Diwrnod: {hearing_day}
| Amser: {hearing_time}

Ffoniwch ni ar {phone} cyn gynted ag y gallwch, i ddweud eich bod wedi cael y llythyr hwn ac a ydych yn gallu dod. Os na allwch ddod ar y diwrnod hwnnw, dywedwch wrthym nawr, er mwyn i ni ddweud wrth y llys.

## Yn y llys
Ewch i'r brif fynedfa a dywedwch wrth y staff, neu wrth y Gwasanaeth Tystion, eich bod yn dyst. Dewch â'r llythyr hwn. Caiff rhywun ddod gyda chi i'ch cefnogi. Os byddai'n well gennych ddod i mewn drwy fynedfa ar wahân, ffoniwch ni yn gyntaf a byddwn yn gofyn i'r llys.

## Cymorth i roi eich tystiolaeth
Gallwch ofyn am fesurau arbennig, fel sgrin yn ystafell y llys neu roi tystiolaeth drwy gyswllt fideo. Y llys sy'n penderfynu. Ffoniwch ni i siarad am yr hyn a fyddai'n eich helpu. Gall y Gwasanaeth Tystion ddangos y llys i chi cyn y treial, yn rhad ac am ddim: ffoniwch 0300 332 1000. Cewch roi tystiolaeth yn Gymraeg neu yn Saesneg: dywedwch wrthym pa iaith sydd orau gennych. Os oes angen gwŷs tyst arnoch i'w dangos i'ch cyflogwr, gofynnwch i ni.

## Eich treuliau
Gallwch hawlio costau teithio a bwyd, ac arian tuag at golli enillion a gofal plant. Cadwch eich derbynebau. Gofynnwch i ni cyn trefnu tacsi, trên neu lety dros nos.

## Os bydd rhywbeth yn newid
Byddwn yn dweud wrthych os bydd y dyddiad yn newid neu os na fydd eich angen mwyach. Os bydd unrhyw un yn ceisio codi ofn arnoch neu eich rhwystro rhag rhoi tystiolaeth, ffoniwch 101, neu 999 mewn argyfwng. Peidiwch â thrafod eich tystiolaeth gyda thystion eraill. Os nad ydych yn siŵr am rywbeth, ffoniwch ni.
"""

HEARING_TOLD_EN = """
There is a date for a hearing in your case.

| Hearing: {hearing}
| Court: {court}
| Day: {hearing_day}
| Time: {hearing_time}

You do not have to come unless we have told you that you are needed as a witness. You may come if you wish: please ring us first on {phone}, so that we can help you to come and go safely.

We will tell you what happened once the court has told us. If the date changes, we will tell you that too.
"""

HEARING_TOLD_CY = """
Mae dyddiad wedi'i bennu ar gyfer gwrandawiad yn eich achos.

| Gwrandawiad: {hearing}
| Llys: {court}
| Diwrnod: {hearing_day}
| Amser: {hearing_time}

Nid oes rhaid i chi ddod oni bai ein bod wedi dweud wrthych fod eich angen fel tyst. Cewch ddod os dymunwch: ffoniwch ni yn gyntaf ar {phone}, er mwyn i ni eich helpu i ddod a mynd yn ddiogel.

Byddwn yn dweud wrthych beth ddigwyddodd ar ôl i'r llys ddweud wrthym. Os bydd y dyddiad yn newid, byddwn yn dweud hynny wrthych hefyd. Os nad ydych yn siŵr am rywbeth, ffoniwch ni.
"""

UPDATE_EN = """
We promised to tell you when something happened in the investigation into your case.

{what_happened}

You may have questions about what this means for you, or about conditions that are there to protect you. Please ring us on {phone} and we will go through them with you. We do not put everything in a letter.

We will be in touch again when there is more to tell. If you feel in danger, ring 999.
"""

UPDATE_CY = """
Fe wnaethom addo dweud wrthych pan fyddai rhywbeth yn digwydd yn yr ymchwiliad i'ch achos.

{what_happened}

Efallai fod gennych gwestiynau am yr hyn y mae hyn yn ei olygu i chi, neu am amodau sydd yno i'ch diogelu. Ffoniwch ni ar {phone} a byddwn yn mynd drwyddynt gyda chi. Nid ydym yn rhoi popeth mewn llythyr.

Byddwn yn cysylltu eto pan fydd mwy i'w ddweud. Os nad ydych yn siŵr am rywbeth, ffoniwch ni. Os ydych yn teimlo eich bod mewn perygl, ffoniwch 999.
"""

ACKNOWLEDGEMENT_EN = """
Thank you for telling the police about what happened to you. This letter confirms that it has been recorded.

| Crime number: {crime_number}
| Reported: {reported_day}

Please keep this letter: your insurer, or others who can help, may ask for the number.

## Your rights
The Victims' Code says what you can expect from the police, the courts and others. You have the right to be told what is happening in your case, and to be put in touch with services that can support you. You do not have to wait for anybody to be caught.

Ring us on {phone} if you would like support, now or later, or if there is more you want to tell us. If you do not want to hear from us, tell us that too: you can change your mind at any time.
"""

ACKNOWLEDGEMENT_CY = """
Diolch am roi gwybod i'r heddlu am yr hyn a ddigwyddodd i chi. Mae'r llythyr hwn yn cadarnhau ei fod wedi'i gofnodi.

| Rhif y drosedd: {crime_number}
| Dyddiad y cafodd ei riportio: {reported_day}

Cadwch y llythyr hwn: efallai y bydd eich yswiriwr, neu eraill a all eich helpu, yn gofyn am y rhif.

## Eich hawliau
Mae'r Cod Dioddefwyr yn dweud beth y gallwch ei ddisgwyl gan yr heddlu, y llysoedd ac eraill. Mae gennych hawl i gael gwybod beth sy'n digwydd yn eich achos, ac i gael eich cyfeirio at wasanaethau a all eich cefnogi. Nid oes rhaid i chi aros nes bod rhywun wedi'i ddal.

Ffoniwch ni ar {phone} os hoffech gael cymorth, nawr neu'n hwyrach, neu os oes mwy yr hoffech ei ddweud wrthym. Os nad ydych am glywed gennym, dywedwch hynny wrthym hefyd: cewch newid eich meddwl ar unrhyw adeg. Os nad ydych yn siŵr, ffoniwch ni.
"""

UNABLE_EN = """
We have tried to reach you, to ask how you are and whether there is anything we can do. We have not managed to speak to you.

You do not have to do anything. If you would like to talk to us, ring {phone} and ask for {officer}. Tell us when it is a good time to ring and whether there is a safer way to reach you.

If we do not hear from you, we will leave you in peace, but you can ring at any time, however long from now. We will still tell you what the law says you must be told.
"""

UNABLE_CY = """
Rydym wedi ceisio cysylltu â chi, i ofyn sut yr ydych ac a oes unrhyw beth y gallwn ei wneud. Nid ydym wedi llwyddo i siarad â chi.

Nid oes rhaid i chi wneud dim. Os hoffech siarad â ni, ffoniwch {phone} a gofynnwch am {officer}. Dywedwch wrthym pryd mae'n amser da i ffonio ac a oes ffordd fwy diogel o gysylltu â chi.

Os na chlywn gennych, byddwn yn gadael llonydd i chi, ond cewch ffonio ar unrhyw adeg, faint bynnag o amser fydd wedi mynd heibio. Byddwn yn dal i ddweud wrthych bopeth y mae'r gyfraith yn mynnu ein bod yn ei ddweud. Os nad ydych yn siŵr, ffoniwch ni.
"""

SENTENCE_EN = """
The court has finished with your case and has told us the result.

| Court: {court}
| Day: {result_day}
| Result: {outcome}
| Sentence: {sentence}

Please ring us on {phone} and we will explain what this means and what happens next. If we cannot answer, we will ask the Crown Prosecution Service for you.

## If you think the sentence is too low
Anybody can ask the Attorney General to look at certain sentences given by the Crown Court. This is called the Unduly Lenient Sentence scheme. There is a strict time limit, normally 28 days from the day of the sentence, so ring us soon if you want to ask.

Thank you for what you have done. If you would like support, now or later, ring us.
"""

SENTENCE_CY = """
Mae'r llys wedi gorffen gyda'ch achos ac wedi dweud wrthym beth yw'r canlyniad.

| Llys: {court}
| Diwrnod: {result_day}
| Canlyniad: {outcome}
| Dedfryd: {sentence}

Ffoniwch ni ar {phone} a byddwn yn esbonio beth mae hyn yn ei olygu a beth sy'n digwydd nesaf. Os na allwn ateb, byddwn yn gofyn i Wasanaeth Erlyn y Goron ar eich rhan.

## Os credwch fod y ddedfryd yn rhy isel
Caiff unrhyw un ofyn i'r Twrnai Cyffredinol edrych ar rai dedfrydau a roddir gan Lys y Goron. Gelwir hyn yn gynllun Dedfrydau Rhy Drugarog. Mae terfyn amser pendant, fel arfer 28 diwrnod o ddiwrnod y ddedfryd, felly ffoniwch ni yn fuan os ydych am ofyn.

Diolch am yr hyn yr ydych wedi'i wneud. Os hoffech gael cymorth, nawr neu'n hwyrach, ffoniwch ni. Os nad ydych yn siŵr am rywbeth, gofynnwch.
"""

LETTERS = [
    (
        "court_warning",
        "You are needed as a witness",
        "Mae eich angen fel tyst",
        COURT_WARNING_EN,
        COURT_WARNING_CY,
    ),
    ("hearing_told", "A date for a hearing", "Dyddiad gwrandawiad", HEARING_TOLD_EN, HEARING_TOLD_CY),
    ("update_arrest_bail", "News of your case", "Newyddion am eich achos", UPDATE_EN, UPDATE_CY),
    (
        "crime_acknowledgement",
        "We have recorded what you told us",
        "Rydym wedi cofnodi'r hyn a ddywedoch wrthym",
        ACKNOWLEDGEMENT_EN,
        ACKNOWLEDGEMENT_CY,
    ),
    (
        "unable_to_contact",
        "We have tried to reach you",
        "Rydym wedi ceisio cysylltu â chi",
        UNABLE_EN,
        UNABLE_CY,
    ),
    ("sentence", "The result of your case", "Canlyniad eich achos", SENTENCE_EN, SENTENCE_CY),
]


def write(apps, schema_editor):
    template = apps.get_model("letters", "LetterTemplate")
    template.objects.bulk_create(
        template(
            key=key,
            number=1,
            title_en=title_en,
            title_cy=title_cy,
            body_en=body_en.strip(),
            body_cy=body_cy.strip(),
            status="approved",
            effective_from=date(2021, 4, 1),
        )
        for key, title_en, title_cy, body_en, body_cy in LETTERS
    )


class Migration(migrations.Migration):
    dependencies = [("letters", "0001_initial")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
