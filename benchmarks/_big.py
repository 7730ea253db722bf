"""A unit after years of work, made by PostgreSQL in minutes: people, crimes, referrals, and what hangs on them.

Ten teams of nineteen officers at 500,000 cases, each officer with about 130 open: a bigger database is more
teams and more closed cases, not busier people. Names follow a long-tailed national list with Welsh ones at its
head. Of the invented people, nobody is real. History rows and access entries are not made: no list reads them.
"""

# The SQL is put together from this file and from names of columns; nothing of it is typed by anybody.
# ruff: noqa: S608, SIM905

from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction

from compliance import rollups
from compliance.models import Duty
from contacts.models import Contact, ContactPlan, Promise
from referrals.models import Referral
from victimcare.accounts.models import Team, User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Case, Entitlement, Event, Exclusion, Participant, Person, SafeContact

CASES_A_TEAM = 50_000
OFFICERS = 19  # a team
OPEN = 130  # cases an officer
WITNESS_CARE = 5  # officers a team

SURNAMES = (
    "Jones Davies Williams Evans Thomas Roberts Lewis Hughes Morgan Griffiths Smith Edwards Owen James Rees "
    "Jenkins Price Morris Richards Lloyd Phillips Parry Harris Powell Llewellyn Brown Taylor Pritchard Howells "
    "Watkins Bowen Pugh Hopkins O'Brien Ellis Rowlands Vaughan Bevan Humphreys Llywelyn Prosser Beynon Gough "
    "O’Connor Williamson Llewelyn Probert Meredith Ahmed Khan Kowalski Nowak Ali Begum Hussain Gwyn Tudor "
    "Cadwaladr Bebb Mostyn Trahaearn Gethin Wynne Anwyl Blevins Craddock Penry Yorath Sayce Gittins Tegid "
    "Ap-Rhys van-der-Berg Llŷr Siôn Môn Ŵyn D’Souza MacDonald McCarthy O'Neill Nguyen Patel Singh Kaur"
).split()
GIVEN = (
    "David Siân John Rhys Megan Gareth Emma Ieuan Carys Dafydd Sarah Michael Rhian Huw Claire Aled Nia James "
    "Bethan Paul Catrin Mark Angharad Stephen Lowri Andrew Elin Steffan Ffion Owain Mari Gethin Cerys Tomos "
    "Eleri Iwan Llinos Gwilym Haf Llewelyn Mair Peter Susan Emyr Gwen Ryan Amina Piotr Fatima Mohammed Zofia "
    "Elwyn Eirlys Bronwen Glyn Geraint Olwen Myfanwy Idris Branwen Macsen Heledd Non Delyth Llŷr Tegan Osian "
    "Anwen Dewi Efa Gruffydd Morfudd Tudur Betsan Ifan Lleucu Arwel Menna Ioan Nesta Rhodri Sioned Trystan"
).split()
# Joined in every way they give some 110,000 surnames that nobody has, for the long tail.
HEADS = "Ab Bar Cad Cor Dun Ed Fal Gar Had Hen Kil Lan Mar Mor Nor Pen Quar Rad Sal Sten Tal Tre Ul Wal Win".split()
MIDDLES = (
    "a be ca de er fi go ha in ka li mo na or pe ra se ti un va wy al em ig os ud il an et ob ac "
    "yr ell and est ing olt ham eck"
).split()
TAILS = (
    "ton ley field worth by ham well son ford wick man ridge stead dale bury wood croft land more ner "
    "low shaw stone ward brook ell ick ard ing ott ven ski mann ard stein sen ez ira ova dou mann eau "
    "ini elli ski wicz sson kar dze iu vic ko oglu nen tis eff gren lund holm strand quist berg hoff "
    "meyer baum feld haus roth grave dor lock man nell gan sey ray vey low ger mer ler tin cott combe"
).split()


def build(cases: int, *, teams: int = 0) -> None:
    """Fill an empty, migrated database, and tell the planner what is in it. At 500,000 cases two minutes."""
    number = teams or max(1, cases // CASES_A_TEAM)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET work_mem = '64MB'; SELECT setseed(0.42)")
        with transaction.atomic():
            units, care = _staff(number)
            _names(cursor)
        for table, columns, source in _tables(cases, units, care):
            with transaction.atomic():
                _insert(cursor, table, columns, source)
        cursor.execute("DROP TABLE surnames, given")
        rollups.fold()  # as the worker does every 20 seconds
        for model in (Person, Case, Participant, Event):  # those whose numbers were given
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
        cursor.execute("VACUUM ANALYZE")


def _staff(number: int) -> tuple[list[Team], list[Team]]:
    """The teams of victim care and of witness care; their members are numbered in the order of the teams."""
    teams, care = [], []
    for n in range(number):
        teams.append(Team.objects.create(name=f"Victim Care Unit {n}", kind=Team.Kind.VICTIM_CARE))
        care.append(Team.objects.create(name=f"Witness Care Unit {n}", kind=Team.Kind.WITNESS_CARE))
    for n, team in enumerate(teams):
        _person(f"supervisor{n}", Role.SUPERVISOR, team)
        for m in range(OFFICERS):
            _person(f"officer{n}-{m}", Role.VICTIM_CARE_OFFICER, team)
    for n, team in enumerate(care):
        for m in range(WITNESS_CARE):
            _person(f"care{n}-{m}", Role.WITNESS_CARE_OFFICER, team)
    return teams, care


def _person(username: str, role: Role, team: Team) -> User:
    hours = [["09:00", "17:00"]] * 5 + [None, None]
    return User.objects.create(  # type: ignore[no-any-return]
        username=username, display_name=username.capitalize(), roles=[role], team=team, password="!",  # noqa: S106 - nobody signs in with it
        working_hours=hours, joined_on=date(2021, 7, 1), caseload_points=400,
    )  # fmt: skip


def _names(cursor: Any) -> None:
    """Surnames and given names by rank: the head first, as listed, then the long tail in no order."""
    cursor.execute(
        "CREATE TEMP TABLE surnames AS SELECT row_number() OVER (ORDER BY head, place, md5(name)) AS rank, name FROM ("
        " SELECT 0 AS head, place, name FROM unnest(%s::text[]) WITH ORDINALITY AS known (name, place) UNION ALL"
        " SELECT DISTINCT 1, 0, h || m || t FROM unnest(%s::text[]) h, unnest(%s::text[]) m, unnest(%s::text[]) t) AS every",
        [SURNAMES, HEADS, MIDDLES, TAILS],
    )
    cursor.execute(
        "CREATE TEMP TABLE given AS SELECT row_number() OVER () AS rank, name FROM unnest(%s::text[]) AS known (name)",
        [GIVEN],
    )
    for table in ("surnames", "given"):
        cursor.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (rank); ANALYZE {table}")


def _ids(found: Any) -> str:
    return "'{" + ",".join(str(row.pk) for row in found) + "}'::bigint[]"


def _tables(cases: int, teams: list[Team], care: list[Team]) -> Any:
    """(Model, its columns in SQL, what to select them from), in the order in which they are filled."""
    victims, witnesses, suspects = cases, cases // 5, cases // 3
    of = len(teams)
    officers = _ids(User.objects.filter(roles=[Role.VICTIM_CARE_OFFICER]).order_by("team_id", "id"))
    care_officers = _ids(User.objects.filter(roles=[Role.WITNESS_CARE_OFFICER]).order_by("team_id", "id"))
    supervisor = User.objects.filter(roles=[Role.SUPERVISOR]).values_list("pk", flat=True)[0]
    # Of the newest fifth, as many stay open as make every officer's caseload.
    stays_open = min(0.9, OPEN * OFFICERS * of / (cases * 0.2))
    # By remainders of primes: nothing else about a case follows from whose it is.
    team = f"n % 1009 % {of}"
    sizes = "(SELECT count(*) FROM surnames) AS surnames, (SELECT count(*) FROM given) AS given"
    long_tail = "floor(exp(random() * ln({of})))::bigint"

    yield Person, {
        "id": "n", "reference": "'PE-' || n", "surname": "s.name", "source_system": "'RMS'",
        "source_id": "'N' || n",
        "given_names": "g.name || CASE WHEN n % 3 = 0 THEN ' ' || h.name ELSE '' END",
        "date_of_birth": "date '1936-01-01' + (chance * 32000)::int", "sex": "CASE n % 2 WHEN 0 THEN 'F' ELSE 'M' END",
        "address_line_1": "n % 200 || ' Bryn Road'", "town": "'Newport'",
        "postcode": "'NP' || 10 + n % 40 || ' ' || n / 40 % 9 || chr(65 + (n / 360 % 26)::int)"
                    " || chr(65 + (n / 9360 % 26)::int)",
        "phone_mobile": "CASE n % 5 WHEN 0 THEN '' WHEN 1 THEN '+44 7' || lpad(n::text, 9, '0')"
                        " ELSE '07' || lpad(n::text, 9, '1') END",
        "phone_home": "CASE n % 7 WHEN 0 THEN '01633 ' || lpad(n::text, 7, '0') ELSE '' END",
        "prefers_welsh": "n % 50 = 0",
    }, (
        f"(SELECT n, random() AS chance, {long_tail.format(of='surnames')} AS a, {long_tail.format(of='given')} AS b,"
        f" {long_tail.format(of='given')} AS c FROM generate_series(1, {victims + witnesses + suspects}) n,"
        f" (SELECT {sizes}) size) AS one JOIN surnames s ON s.rank = a JOIN given g ON g.rank = b"
        " JOIN given h ON h.rank = c"
    )  # fmt: skip
    yield (
        SafeContact,
        {"person_id": "n", "phone": "'Y'", "text": "'Y'", "post": "'Y'"},
        (f"generate_series(1, {victims}, 2) n"),
    )
    yield Case, {
        "id": "n", "reference": "'VC-' || n", "source_system": "'RMS'",
        "occurrence_no": "'26' || lpad(n::text, 8, '0')",
        "offence_code": "('{8N,28E,8L,58B,39,105A,62A,53C}'::text[])[1 + n % 8]",
        "offence_title": "(ARRAY['Assault occasioning actual bodily harm','Burglary in a dwelling','Harassment',"
                         "'Criminal damage','Theft from the person','Controlling or coercive behaviour'])[1 + n % 6]",
        "recorded_at": "at", "reported_at": "at", "opened_at": "at", "oic_collar": "(n % 2000)::text",
        "oic_name": "'PC ' || n % 2000", "policing_area": "'West'", "is_restricted": "n % 100 = 0",
        "witness_care_team_id": f"CASE WHEN n % 8 = 0 THEN ({_ids(care)})[1 + {team}] END",
        "witness_care_officer_id": f"CASE WHEN n % 8 = 0 THEN ({care_officers})[1 + {team} * {WITNESS_CARE}"
                                   f" + n % 1013 % {WITNESS_CARE}] END",
    }, f"(SELECT n, now() - (1 - n / {cases + 1}::float) * interval '365 days' AS at"\
       f" FROM generate_series(1, {cases}) n) AS one"  # fmt: skip
    yield Participant, {
        # The three parts of one crime stand together: the order of the numbers is that of the days.
        "id": "n * 3", "reference": "'P-' || n * 3", "case_id": "n", "role": "'VICTIM'",
        # One in eight is somebody we knew already.
        "person_id": "CASE WHEN n % 8 = 3 THEN 1 + floor(chance * (n - 1))::bigint ELSE n END",
        "team_id": f"({_ids(teams)})[1 + {team}]",
        "officer_id": f"CASE WHEN fate IN ('open', 'closed') THEN"
                      f" ({officers})[1 + {team} * {OFFICERS} + n % 1013 % {OFFICERS}] END",
        "closed_at": "CASE WHEN fate IN ('closed', 'informed') THEN least(now(), at + interval '30 days') END",
        "closure_reason": "CASE fate WHEN 'closed' THEN 'support_complete' WHEN 'informed' THEN 'information_only'"
                          " ELSE '' END",
        "consent_to_refer": "'U'",
    }, (
        "(SELECT n, chance, now() AS at, CASE"
        f" WHEN n > {cases} * 0.8 AND luck < {stays_open} THEN 'open'"
        f" WHEN n > {cases} * 0.995 THEN 'waiting' WHEN luck > 0.7 THEN 'suppressed' WHEN luck > 0.35 THEN 'informed'"
        f" ELSE 'closed' END AS fate FROM (SELECT n, random() AS chance, random() AS luck"
        f" FROM generate_series(1, {cases}) n) AS drawn) AS one"
    )  # fmt: skip
    yield Participant, {
        "id": "n * 15 + 1", "reference": "'P-' || n * 15 + 1", "case_id": "n * 5",
        "person_id": f"{victims} + n", "role": "'WITNESS'", "team_id": f"({_ids(teams)})[1 + n * 5 % 1009 % {of}]",
    }, f"generate_series(1, {witnesses}) n"  # fmt: skip
    yield Participant, {
        "id": "n * 9 + 2", "reference": "'P-' || n * 9 + 2", "case_id": "n * 3",
        "person_id": f"{victims + witnesses} + n", "role": "'SUSPECT'",
    }, f"generate_series(1, {suspects}) n"  # fmt: skip
    yield Exclusion, {
        "case_id": "n * 1000 + 1", "user_id": f"({officers})[1 + n % {of * OFFICERS}]", "reason": "'A relative.'",
        "declared_by_id": str(supervisor), "declared_at": "now()",
    }, f"generate_series(1, {cases // 2000}) n"  # fmt: skip
    of_victims = "cases_participant p JOIN cases_case c ON c.id = p.case_id WHERE p.role = 'VICTIM'"
    yield Referral, {
        "reference": "'R-' || p.id", "participant_id": "p.id", "source": "'force'", "received_at": "c.recorded_at",
        "status": "CASE WHEN p.officer_id IS NOT NULL OR p.closed_at IS NOT NULL THEN 'allocated'"
                  f" WHEN p.case_id > {cases} * 0.995 THEN 'received' ELSE 'suppressed' END",
        "suppressed_because": "CASE WHEN p.officer_id IS NOT NULL OR p.closed_at IS NOT NULL"
                              f" OR p.case_id > {cases} * 0.995 THEN '' ELSE 'no_contact_wanted' END",
        "priority": "1 + p.id % 4", "reasons": "'[]'", "channel": "'phone'",
        "due_on": "(c.recorded_at + interval '3 days')::date",
        "allocated_at": "CASE WHEN p.officer_id IS NOT NULL OR p.closed_at IS NOT NULL THEN c.recorded_at END",
        "allocated_by_id": "p.officer_id",
    }, of_victims  # fmt: skip
    yield Entitlement, {
        "participant_id": "p.id", "is_enhanced": "p.id % 5 < 2",
        "categories": "CASE WHEN p.id % 5 < 2 THEN '{vulnerable}'::text[] ELSE '{}' END",
        "from_on": "c.recorded_at::date", "reason": "'Triage'", "is_provisional": "true", "set_at": "c.recorded_at",
    }, f"{of_victims} AND p.id % 5 < 3"  # fmt: skip
    yield Event, {
        "id": "p.id", "reference": "'E-' || p.id", "kind": "'CRIME_REPORTED'", "case_id": "c.id",
        "participant_id": "p.id", "occurred_at": "c.recorded_at", "learned_at": "c.recorded_at",
        "recorded_at": "c.recorded_at", "source_system": "'RMS'", "detail": "c.offence_title",
    }, of_victims  # fmt: skip
    kinds = "'{SUSPECT_ARRESTED,SUSPECT_BAILED,SUSPECT_CHARGED}'::text[]"
    yield Event, {
        "id": f"{3 * victims} + n", "reference": f"'E-' || {3 * victims} + n", "kind": f"({kinds})[1 + n % 3]",
        "case_id": "c.id", "occurred_at": "c.recorded_at", "learned_at": "c.recorded_at",
        "recorded_at": "c.recorded_at", "source_system": "'RMS'", "source_id": "'EV' || n",
    }, f"(SELECT n, n * 2 AS of_case FROM generate_series(1, {cases // 2}) n) one"\
       " JOIN cases_case c ON c.id = of_case"  # fmt: skip
    owned = "cases_participant p JOIN cases_event e ON e.case_id = p.case_id AND e.id > {skip} WHERE p.role = 'VICTIM'"
    yield Duty, {
        "case_id": "p.case_id", "participant_id": "p.id", "code": "'VCOP-2020'",
        "rule": "('{R6-ARREST,R6-BAIL,R6-CHARGE}'::text[])[1 + e.id % 3]", "right": "6", "owner": "'FORCE'",
        "team_id": "p.team_id", "officer_id": "p.officer_id", "event_id": "e.id", "clock_on": "e.occurred_at::date",
        "limit": "5", "computed_at": "now()", "enhanced_applied": "p.id % 5 < 2",
        "due_on": "CASE WHEN p.closed_at IS NULL AND p.officer_id IS NOT NULL THEN current_date - 2 + (p.id % 60)::int"
                  " ELSE e.occurred_at::date + 5 END",
        "status": "CASE WHEN p.closed_at IS NULL THEN 'open' WHEN e.id % 9 = 0 THEN 'met_late' ELSE 'met' END",
        "settled_on": "CASE WHEN p.closed_at IS NOT NULL THEN e.occurred_at::date + 3 END",
        "met_by": "CASE WHEN p.closed_at IS NULL THEN '' ELSE 'C-1' END",
    }, owned.format(skip=3 * victims)  # fmt: skip
    yield Duty, {
        "case_id": "p.case_id", "participant_id": "p.id", "code": "'VCOP-2020'", "rule": "'R4-REFERRAL'", "right": "4",
        "owner": "'FORCE'", "team_id": "p.team_id", "officer_id": "p.officer_id", "event_id": "e.id",
        "clock_on": "e.occurred_at::date", "limit": "2", "computed_at": "now()", "enhanced_applied": "p.id % 5 < 2",
        "due_on": "e.occurred_at::date + 3", "settled_on": "e.occurred_at::date + (p.id % 5)::int", "met_by": "'E-1'",
        "status": "CASE WHEN p.id % 5 < 4 THEN 'met' ELSE 'met_late' END",
    }, "cases_event e JOIN cases_participant p ON p.id = e.participant_id WHERE e.kind = 'CRIME_REPORTED'"  # fmt: skip
    for turn in (1, 2):
        yield Contact, {
            "reference": f"'C-{turn}-' || p.id", "participant_id": "p.id", "channel": "'phone'",
            "outcome": f"(ARRAY['no_answer','reached'])[{turn}]", "note": "'Rang. Said when we would ring again.'",
            "at": f"c.recorded_at + interval '{turn} days'", "by_id": "p.officer_id",
            "recorded_at": "c.recorded_at",
        }, f"{of_victims} AND p.officer_id IS NOT NULL AND p.id % 20 > {turn - 1}"  # fmt: skip
    mine = f"{of_victims} AND p.officer_id IS NOT NULL AND p.closed_at IS NULL"
    yield ContactPlan, {
        "participant_id": "p.id", "channels": "'{phone}'", "agreed_on": "c.recorded_at::date",
        "agreed_with": "'the victim'", "agreed_by_id": "p.officer_id", "due_on": "current_date - 3 + (p.id % 30)::int",
    }, mine  # fmt: skip
    yield Promise, {
        "reference": "'PR-' || p.id", "participant_id": "p.id", "what": "'Ring about the property'",
        "due_on": "current_date + (p.id % 30)::int", "made_by_id": "p.officer_id", "made_at": "now()",
    }, f"{mine} AND p.id % 9 = 0"  # fmt: skip


def _insert(cursor: Any, model: type[models.Model], columns: dict[str, str], source: str) -> None:
    """INSERT ... SELECT, with what a new row has where nothing is said of a column."""
    everything = {
        str(field.column): columns.get(str(field.column)) or _otherwise(field)
        for field in model._meta.concrete_fields
        if field.column in columns or not (field.null or field.primary_key)
    }
    if unknown := columns.keys() - everything.keys():
        raise ValueError(f"{model.__name__} has no {', '.join(unknown)}.")
    names = ", ".join(f'"{name}"' for name in everything)
    cursor.execute(
        f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(everything.values())} FROM {source}'
    )


def _otherwise(field: Any) -> str:
    """The default of a column, in SQL."""
    if field.has_default() and not callable(field.default):
        if isinstance(field.default, bool):
            return str(field.default).lower()
        return str(field.default) if isinstance(field.default, int) else f"'{field.default}'"
    if isinstance(field, ArrayField | models.JSONField):
        return "'{}'"
    if isinstance(field, models.CharField | models.TextField):
        return "''"
    raise ValueError(f"Say what {field.model.__name__}.{field.name} is.")
