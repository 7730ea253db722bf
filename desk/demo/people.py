"""The people of the demonstration unit: who works here, in which team, with which skills and hours."""

from datetime import date, timedelta

from django.db import transaction

from contacts.models import OnCall
from referrals.models import Partner
from victimcare.accounts.models import Leave, Team, User
from victimcare.accounts.permissions import Role

FULL_TIME = [["09:00", "17:00"]] * 5 + [None, None]
LATES = [["12:00", "20:00"]] * 5 + [None, None]
PART_TIME = [["09:30", "14:30"]] * 4 + [None, None, None]

# Name, skills, languages, hours.
OFFICERS = (
    ("Olwen Pritchard", ["domestic abuse", "stalking"], ["cy"], FULL_TIME),
    ("Gethin Rees", ["young people"], [], FULL_TIME),
    ("Nerys Bowen", ["domestic abuse"], ["cy"], FULL_TIME),
    ("Farah Hussain", ["hate crime"], ["ur"], FULL_TIME),
    ("Iestyn Lloyd", [], ["cy"], FULL_TIME),
    ("Bethan Harris", ["sexual offences"], [], FULL_TIME),
    ("Marcus Hall", ["older people"], [], FULL_TIME),
    ("Catrin Vaughan", ["domestic abuse", "young people"], ["cy"], PART_TIME),
    ("Dewi Watkins", [], [], FULL_TIME),
    ("Aneta Nowak", ["modern slavery"], ["pl"], FULL_TIME),
    ("Rhodri Ellis", [], [], LATES),
    ("Sioned Parry", ["sexual offences"], ["cy"], FULL_TIME),
    ("Tom Fletcher", ["fraud"], [], FULL_TIME),
    ("Lowri Meredith", ["older people"], ["cy"], FULL_TIME),
    ("Grace Mensah", ["hate crime"], [], FULL_TIME),
    ("Huw Jenkins", [], [], LATES),
    ("Elen Tudor", ["bereavement"], ["cy"], FULL_TIME),
    ("Priya Nair", ["young people"], [], PART_TIME),
    ("Callum Price", [], [], FULL_TIME),
)
SUPERVISORS = ("Mared Gwynne", "Stephen Powell", "Anwen Probert")
WITNESS_CARE_LEAD = "Eirlys Beynon"  # to whom what witness care owes climbs
WITNESS_CARE = ("Wyn Bevan", "Delyth Morgan", "Carole Jenkins", "Ifan Roberts", "Sunita Patel")
OFFICERS_IN_THE_CASE = (
    ("Gavin Pugh", "4417", "Response Newport Central"),
    ("Leanne Price", "4522", "Response Blackwood"),
    ("Omar Khan", "4630", "Response Cwmbran"),
    ("Ceri Howells", "4718", "Response Ebbw Vale"),
    ("Dan Whitlock", "4805", "CID West"),
    ("Manon Griffiths", "4911", "CID East"),
    ("Steffan Clarke", "5023", "Public Protection Unit"),
    ("Ruth Okafor", "5140", "Neighbourhood Caerphilly"),
)
SERGEANT = "Ruth Okafor"  # who hears when one of the others does not answer
# Name, Welsh name, whom it serves, is bilingual, worker.
PARTNERS = (
    ("Victim Support", "Cymorth i Ddioddefwyr", "Everyone affected by crime", True, "Jo Carver"),
    ("New Pathways", "Llwybrau Newydd", "Survivors of sexual violence", True, "Mali Hopkins"),
    ("Cyfannol", "Cyfannol", "Domestic abuse and sexual violence", True, "Leah Bryant"),
    ("Age Cymru", "Age Cymru", "People over 50", True, "Peter Hale"),
    ("Umbrella Cymru", "Umbrella Cymru", "LGBTQ+ people", True, "Sam Ridley"),
    (
        "Mental health practitioner",
        "Ymarferydd iechyd meddwl",
        "Mental health assessment",
        False,
        "Hannah Boyd",
    ),
    (
        "Children and Young People's service",
        "Gwasanaeth Plant a Phobl Ifanc",
        "Under 18",
        True,
        "Cadi Rowlands",
    ),
)


def username(name: str) -> str:
    return name.lower().replace(" ", ".")


def _person(name: str, roles: list[Role], team: Team | None, today: date, **fields: object) -> User:
    user = User(
        username=username(name),
        display_name=name,
        email=f"{username(name)}@police.example",
        roles=roles,
        team=team,
        joined_on=fields.pop("joined_on", today - timedelta(days=500)),
        **{"working_hours": FULL_TIME, **fields},
    )
    user.set_unusable_password()
    user.save()
    return user


@transaction.atomic
def hire(today: date) -> None:
    """Make the unit: 19 victim care officers and everybody they work with. Nobody has a password: pick a person."""
    unit = Team.objects.create(
        name="Victim Care Unit", name_cy="Uned Gofal Dioddefwyr", kind=Team.Kind.VICTIM_CARE
    )
    witness_care = Team.objects.create(
        name="Witness Care Unit", name_cy="Uned Gofal Tystion", kind=Team.Kind.WITNESS_CARE
    )
    officers = [
        _person(
            name,
            [Role.VICTIM_CARE_OFFICER],
            unit,
            today,
            skills=skills,
            languages=languages,
            working_hours=hours,
        )
        for name, skills, languages, hours in OFFICERS
    ]
    supervisors = [_person(name, [Role.SUPERVISOR], unit, today) for name in SUPERVISORS]
    for n in range(14):  # on call, a night each
        OnCall.objects.create(team=unit, on=today + timedelta(days=n), user=supervisors[n % len(supervisors)])
    _person(WITNESS_CARE_LEAD, [Role.SUPERVISOR, Role.WITNESS_CARE_OFFICER], witness_care, today)
    for name in WITNESS_CARE:
        _person(name, [Role.WITNESS_CARE_OFFICER], witness_care, today)
    _person("Non Sweeney", [Role.MEASURES_ADVISOR], witness_care, today)
    _person("Beca Lynch", [Role.ENGAGEMENT_COORDINATOR], unit, today)
    for name, collar, team in OFFICERS_IN_THE_CASE:
        police, _ = Team.objects.get_or_create(name=team, defaults={"kind": Team.Kind.POLICE})
        _person(name, [Role.OFFICER_IN_THE_CASE], police, today, collar=collar)
    sergeant = User.objects.get(display_name=SERGEANT)
    User.objects.with_role(Role.OFFICER_IN_THE_CASE).exclude(pk=sergeant.pk).update(sergeant=sergeant)
    for name, name_cy, serves, is_bilingual, worker in PARTNERS:
        team = Team.objects.create(name=name, name_cy=name_cy, kind=Team.Kind.PARTNER)
        Partner.objects.create(
            name=name, name_cy=name_cy, team=team, serves=serves, is_bilingual=is_bilingual,
            contract_from=today - timedelta(days=400), contract_until=today + timedelta(days=330),
        )  # fmt: skip
        _person(worker, [Role.PARTNER], team, today)
    _person("Ana Lytton", [Role.ANALYST], None, today)
    _person("Audrey Tanner", [Role.AUDITOR], None, today)
    _person("Adam Minford", [Role.ADMINISTRATOR], None, today)
    # Somebody is away and covered, somebody has left: a unit on a working day.
    Leave.objects.create(
        user=officers[15], kind=Leave.Kind.ANNUAL, from_on=today - timedelta(days=2), until_on=today + timedelta(days=5),
        covered_by=officers[4],
    )  # fmt: skip
    Leave.objects.create(
        user=officers[8],
        kind=Leave.Kind.TRAINING,
        from_on=today + timedelta(days=7),
        until_on=today + timedelta(days=8),
    )
    left = _person("Gwyn Abbott", [Role.VICTIM_CARE_OFFICER], unit, today)
    left.is_active, left.left_on = False, today - timedelta(days=60)
    left.save()
