"""The evidence of one victim, right by right: what was owed, what met it, what is missing. Without anybody in it.

Nobody is named: the person is "the victim", staff are their role and reference, and nothing is said of others.
Words that somebody typed are left out, but for why a duty was excused, from which people are taken out.
"""

from collections import Counter
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from compliance import words
from compliance.catalogue import Code, codes
from compliance.explain import explain, rule_of
from compliance.models import CodeVersion, Duty
from compliance.models_breach import Excuse
from compliance.packs.models import Pack
from compliance.packs.nobody import check_nobody_in, left_out, private_of, staff_names
from compliance.packs.record import Record
from compliance.packs.redaction import Redactor
from contacts.models import Contact
from victimcare import calendars
from victimcare.accounts.models import User
from victimcare.accounts.permissions import Role
from victimcare.cases.models import Event, Participant
from victimcare.govuk.dates import clock_time, long_day, long_day_within, on_long_day
from victimcare.letters.models import Letter
from victimcare.working_days import england_and_wales, london_day, working_days_between

MET, LATE, OWED, MISSED, UNSHOWN, EXCUSED, DECLINED = (
    "met", "late", "owed", "missed", "no_evidence", "excused", "declined",
)  # fmt: skip


def contents(pack: Pack, participant: Participant, today: date) -> dict[str, Any]:
    """All that the pack says, in the language that is active. Seventeen queries, however long the case.

    Raises TooMuchSaid when anybody of the case could be known by it.
    """
    people = list(participant.case.participants.select_related("person"))
    record = Record(participant)
    touching, others = staff_names(pack, participant, people, record)
    named = [word for name in touching for word in (name, *name.split())]
    redactor = Redactor(
        [*private_of(part.person for part in people), *named, *others], instead=_("[left out]")
    )
    duties = [_duty(duty, record, redactor, today) for duty in record.duties]
    said = {
        "title": _("Evidence under the Victims’ Code"),
        "reference": pack.reference,
        "case": participant.case.reference,
        "facts": _facts(pack, participant, redactor, today),
        "gaps": [duty["gap"] for duty in duties if duty["is_gap"]],
        "how_it_stands": _how_it_stands(duties),
        "rights": _rights(duties, today),
        "local": [duty for duty in duties if duty["is_local"]],
        "entitlements": [
            [long_day(each.from_on), _("Enhanced rights") if each.is_enhanced else _("Standard rights")]
            for each in record.entitlements
        ],
        "contacts": [_contact_row(contact) for contact in record.contacts],
        "letters": [_letter_row(letter) for letter in record.letters],
        "assessments": [
            [each.reference, _short(each.completed_at), staff(each.assessed_by)]
            for each in record.assessments
        ],
        "revisions": [_revision_row(duty) for duty in record.revisions],
    }
    said["left_out"] = left_out(record, redactor)
    check_nobody_in(said, people, touching)
    return said


# --- What is said of one duty ------------------------------------------------------------------------


def standing_of(duty: Duty, today: date) -> str:
    """met, late, excused, declined, owed, missed or no_evidence, on this day."""
    if duty.status == Duty.Status.MET:
        return MET
    if duty.status == Duty.Status.MET_LATE:
        return LATE
    if duty.status == Duty.Status.DECLINED:
        return DECLINED
    if duty.status != Duty.Status.OPEN:
        return EXCUSED
    if duty.due_on is None or duty.due_on >= today:
        return OWED
    return MISSED if duty.is_ours else UNSHOWN


def standings() -> dict[str, str]:
    """What each standing is called."""
    return {
        MET: _("Met"),
        LATE: _("Met late"),
        MISSED: _("Missed"),
        UNSHOWN: _("No evidence"),
        EXCUSED: _("Excused"),
        DECLINED: _("Declined"),
        OWED: _("Not yet due"),
    }


def _duty(duty: Duty, record: Record, redactor: Redactor, today: date) -> dict[str, Any]:
    standing = standing_of(duty, today)
    rule = rule_of(duty)
    gap = _gap(duty, standing, record, redactor, today)
    suspect = record.suspects.get(duty.event.suspect_id or 0)
    facts = [
        (_("What must be told or done"), words.tell(rule) if rule else ""),
        (_("Rule"), f"{duty.rule}, {duty.code}"),
        (_("Owed by"), _owed_by(duty)),
        (_("Opened by"), _opened_by(duty, suspect)),
        (
            _("Due by the end of"),
            long_day(duty.due_on) if duty.due_on else _("The Code gives no number of days"),
        ),
        (_("Evidence"), _evidence(duty, record)),
        (_("What is missing, late or excused"), gap),
        (_("Agreed, and taken back"), _taken_back(duty, record, redactor)),
        (_("Who answers for it"), _breach(duty, record)),
    ]
    return {
        "name": words.short(duty.rule),
        "right": duty.right,
        "is_local": duty.is_local,
        "standing": standing,
        "status": standings()[standing]
        if standing not in (EXCUSED, DECLINED)
        else str(duty.get_status_display()),
        "facts": [(label, value) for label, value in facts if value],
        "steps": [f"{step['text']} {step.get('skipped', '')}".strip() for step in explain(duty)],
        "gap": f"{words.short(duty.rule)} ({duty.rule}): {gap}",
        "is_gap": bool(gap),
    }


def _owed_by(duty: Duty) -> str:
    owner = str(duty.get_owner_display())
    return f"{owner}: {staff(duty.officer)}" if duty.officer and duty.is_ours else owner


def _opened_by(duty: Duty, suspect: int | None) -> str:
    event = duty.event
    said = f"{event.title} ({event.reference}), {long_day_within(event.occurred_on)}"
    if suspect:
        said += ". " + _("Suspect %(n)d") % {"n": suspect}
    return said


def _evidence(duty: Duty, record: Record) -> str:
    """What met it, or ended it otherwise: when, by which way, by whom."""
    if not duty.met_by:
        return ""
    found = record.evidence(duty.met_by)
    if isinstance(found, Contact):
        said = f"{_channel(found)} ({found.reference}), {_when(found.at)}, {contact_by(found)}"
        return f"{said}: {found.get_outcome_display()}."
    if isinstance(found, Letter):
        return _("Letter %(letter)s, sent %(when)s, written by %(who)s.") % {
            "letter": found.reference, "when": _sent(found), "who": staff(found.written_by),
        }  # fmt: skip
    if isinstance(found, Event):
        said = f"{found.title} ({found.reference}), {_when_of(found)}"
        return f"{said}, {staff(found.by)}." if found.by else f"{said}."
    return duty.met_by


def _gap(duty: Duty, standing: str, record: Record, redactor: Redactor, today: date) -> str:
    """What is missing, late or excused, in plain sentences; nothing where it was met in time or is not due."""
    if standing in (EXCUSED, DECLINED):
        return _excuse(duty, record, redactor)
    if standing == OWED:
        return (
            "" if duty.due_on else _("Nothing shows that it was done yet. No number of days makes it late.")
        )
    if standing == MET or duty.due_on is None:
        return ""
    until = duty.settled_on if standing == LATE and duty.settled_on else today
    late = max(1, working_days_between(duty.due_on, until, bank_holidays=england_and_wales()))
    said = {"n": late, "due": long_day_within(duty.due_on), "owner": duty.get_owner_display()}
    if standing == LATE:
        said_of = ngettext(
            "It was done %(n)d working day after its last day, %(due)s.",
            "It was done %(n)d working days after its last day, %(due)s.",
            late,
        )
    elif standing == MISSED:
        said_of = ngettext(
            "Nothing shows that it was done. Its last day, %(due)s, was %(n)d working day ago.",
            "Nothing shows that it was done. Its last day, %(due)s, was %(n)d working days ago.",
            late,
        )
    else:
        said_of = ngettext(
            "%(owner)s owes it, and nobody has shown this unit whether it was done. Its last day, %(due)s, was"
            " %(n)d working day ago.",
            "%(owner)s owes it, and nobody has shown this unit whether it was done. Its last day, %(due)s, was"
            " %(n)d working days ago.",
            late,
        )
    return f"{said_of % said} {_tried(duty, record, until)}".strip()


def _tried(duty: Duty, record: Record, until: date) -> str:
    """How often somebody tried to reach them while it was owed, and did not."""
    tried = [
        contact.reference
        for contact in record.contacts
        if contact.has_failed
        and contact.direction == Contact.Direction.OUT
        and duty.clock_on <= london_day(contact.at) <= until
    ]
    if not tried:
        return ""
    return ngettext(
        "They were tried %(n)d time in between and not reached: %(which)s.",
        "They were tried %(n)d times in between and not reached: %(which)s.",
        len(tried),
    ) % {"n": len(tried), "which": ", ".join(tried)}


def _excuse(duty: Duty, record: Record, redactor: Redactor) -> str:
    """That it was excused or declined, on which day, the coded reason, why in words, and who decided."""
    said = _("%(how)s, %(day)s.") % {
        "how": duty.get_status_display(), "day": long_day_within(duty.settled_on),
    }  # fmt: skip
    excuse = record.excuses.get(duty.met_by)
    if excuse is None:
        decision = record.events.get(duty.met_by)
        why = redactor.clean(decision.detail) if decision is not None else ""
        return f"{said} “{why}”" if why else said
    return f"{said} {_why_and_who(excuse, redactor)}"


def _why_and_who(excuse: Excuse, redactor: Redactor) -> str:
    who = _("Asked for by %(asked)s and agreed by %(agreed)s (%(excuse)s).") % {
        "asked": staff(excuse.asked_by), "agreed": staff(excuse.decided_by), "excuse": excuse.reference,
    }  # fmt: skip
    coded = f"{excuse.get_reason_display()}." if excuse.reason else ""
    return " ".join(part for part in (coded, f"“{redactor.clean(excuse.why)}”", who) if part)


def _taken_back(duty: Duty, record: Record, redactor: Redactor) -> str:
    """What excused it for a time: how, from when until when, why, by whom, and why no longer."""
    found = record.taken_back.get((duty.rule, duty.event_id), [])
    if duty.event.replaces_id:  # the event was corrected since
        found = [*record.taken_back.get((duty.rule, duty.event.replaces_id), []), *found]
    return " ".join(
        f"{excuse.get_status_display()}, {_when(excuse.decided_at)}. {_why_and_who(excuse, redactor)}"
        f" {_('Taken back')}: {_when(excuse.withdrawn_at)}, {staff(excuse.withdrawn_by)}."
        f" “{redactor.clean(excuse.withdrawn_because)}”"
        for excuse in found
    )


def _breach(duty: Duty, record: Record) -> str:
    """Who answers for a duty that was not kept, why, and how far that is."""
    breach = record.breaches.get(duty.pk)
    if breach is None:
        return ""
    said = [f"{breach.get_agency_display()} ({breach.reference})", str(breach.get_reason_display())]
    if breach.claimed_agency:
        said.append(_("disputed: said to be owed by %(who)s") % {"who": breach.get_claimed_agency_display()})
    if breach.decision:
        said.append(str(breach.get_decision_display()))
    said.append(str(breach.get_state_display()))
    return "; ".join(said) + "."


# --- The parts of a pack ------------------------------------------------------------------------------


def _facts(pack: Pack, participant: Participant, redactor: Redactor, today: date) -> list[tuple[str, str]]:
    case = participant.case
    facts = [
        (_("Case"), case.reference),
        (_("Crime number"), case.occurrence_no),
        (_("Offence"), case.offence_title),
        (_("Reported"), long_day(london_day(case.reported_at)) if case.reported_at else ""),
        (_("Who it is about"), f"{participant.get_role_display()} {participant.reference}"),
        (_("As it stood on"), long_day(today)),
        (_("Asked for by"), staff(pack.asked_by)),
        (_("Why it was asked for"), redactor.clean(pack.reason)),
        (_("Counted by"), ", ".join(code.title for code in _codes_in_force())),
        (
            _("Calendar"),
            _("Version %(n)d of the bank holidays of England and Wales") % {"n": calendars.current().number},
        ),
    ]
    return [(label, value) for label, value in facts if value]


def _how_it_stands(duties: list[dict[str, Any]]) -> list[tuple[str, int]]:
    """How many duties of the Code stand how; our own standards are never among them."""
    counts = Counter(duty["standing"] for duty in duties if not duty["is_local"])
    return [(label, counts[standing]) for standing, label in standings().items()]


def _rights(duties: list[dict[str, Any]], today: date) -> list[dict[str, Any]]:
    """The twelve rights, each with its duties, and what the Code says that nothing here records."""
    in_force = CodeVersion.objects.in_force_on(today)
    code = codes().get(in_force.key) if in_force else None
    rules = code.rules if code else ()
    return [
        {
            "number": number,
            "name": name,
            "duties": [duty for duty in duties if duty["right"] == number and not duty["is_local"]],
            "is_recorded": any(rule.is_tracked for rule in rules if rule.right == number),
            "unrecorded": ", ".join(
                words.short(rule.key) for rule in rules if rule.right == number and not rule.is_tracked
            ),
        }
        for number, name in words.RIGHTS.items()
    ]


def _codes_in_force() -> list[Code]:
    return [codes()[row.key] for row in CodeVersion.objects.brought_into_force() if row.key in codes()]


def _contact_row(contact: Contact) -> list[str]:
    told = ", ".join(str(event.title) for event in contact.tells.all())
    return [
        contact.reference,
        _short(contact.at),
        _channel(contact) + _with_another(contact),
        contact_by(contact),
        str(contact.get_outcome_display()),
        told or "–",
    ]


def _with_another(contact: Contact) -> str:
    """That it was somebody who acts for them who was spoken or written to, where it was."""
    whom = contact.spoke_to or contact.participant
    return ", " + _("with whoever acts for them") if whom.role == Participant.Role.REPRESENTATIVE else ""


def _channel(contact: Contact) -> str:
    channel = str(contact.get_channel_display())
    return (
        channel
        if contact.direction == Contact.Direction.OUT
        else _("%(channel)s, from them") % {"channel": channel}
    )


def contact_by(contact: Contact) -> str:
    """Whose contact it was, without a name."""
    if contact.by:
        return staff(contact.by)
    if contact.by_collar:
        return _("Officer in the case, %(collar)s") % {"collar": contact.by_collar}
    return _("Not recorded by whom")


def staff(user: User | None) -> str:
    """Somebody of the service by role and reference: who it is can be looked up, and is not printed."""
    if user is None:
        return _("the service itself")
    role = next((str(Role(role).label) for role in user.roles if role in Role.values), "")
    return f"{role}, {user.reference}" if role else user.reference


def _letter_row(letter: Letter) -> list[str]:
    return [
        letter.reference,
        letter.template.title_cy if get_language() == "cy" else letter.template.title_en,
        str(letter.get_status_display()),
        _short(letter.dispatched_at) if letter.dispatched_at else "–",
        staff(letter.written_by),
        staff(letter.approved_by) if letter.approved_by else "–",
    ]


def _revision_row(duty: Duty) -> list[str]:
    return [
        f"{words.short(duty.rule)} ({duty.rule})",
        str(duty.revision),
        f"{duty.event.title} ({duty.event.reference})",
        long_day(duty.due_on) or "–",
    ]


def _when(moment: datetime | None) -> str:
    """Tuesday 17 November 2026, 15:00, within a sentence."""
    return f"{long_day_within(moment)}, {clock_time(moment)}" if moment else ""


def _sent(letter: Letter) -> str:
    sent = letter.dispatched_at
    return f"{on_long_day(sent)}, {clock_time(sent)}" if sent else ""


def _short(moment: datetime | None) -> str:
    """Tue 17 Nov 2026, 15:00: for a table, with the year whichever it is."""
    return f"{date_format(london_day(moment), 'D j M Y')}, {clock_time(moment)}" if moment else ""


def _when_of(event: Event) -> str:
    return (
        long_day_within(event.occurred_on)
        if event.precision == Event.Precision.DATE
        else _when(event.occurred_at)
    )
