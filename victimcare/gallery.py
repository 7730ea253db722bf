"""Every component once, with plain values. Nobody in it is real."""

from datetime import date, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from victimcare.govuk import forms
from victimcare.working_days import LONDON

TODAY = date(2026, 11, 26)
CHOICES = [("reached", "Siân"), ("other", "Someone else"), ("none", "No answer"), ("unsafe", "Unsafe, ended")]


class SampleForm(forms.Form):
    """Every field once."""

    form_key = forms.FormKeyField()
    version = forms.VersionField()
    reached = forms.ChoiceRadios(label="Did you reach someone?", choices=CHOICES, inline=True)
    channel = forms.ChoiceRadios(
        label="How?",
        choices=[("phone", "Phone"), ("text", "Text message"), ("other", "Another way")],
        hints={"text": "Only to a number that she says is safe."},
        reveals={"other": "other_way"},
    )
    other_way = forms.TextField(label="Which way?", max_length=60, required=False, width=20)
    told = forms.ChoiceCheckboxes(
        label="What did you tell her?",
        choices=[
            ("bail", "Bail conditions changed, Fri 20 Nov"),
            ("hearing", "Hearing still Fri 4 Dec, 10:00, Newport"),
        ],
        hints={"bail": "3 days late."},
    )
    landed = forms.LongTextField(
        label="How did it land?",
        hint="Her words where you can. This is what the next person reads first.",
        max_length=200,
    )
    spoke_on = forms.DateInputField(
        label="When did you speak?",
        hint="For example, 27 3 2026.",
        latest=TODAY,
        missing=_("Enter the date you spoke, like 27 3 2026."),
    )
    spoke_at = forms.TimeInputField(label="At what time?", hint="24 hours, like 14:05.", required=False)
    minutes = forms.WholeNumber(
        label="How long did it take?", suffix="minutes", lowest=1, highest=600, required=False
    )
    officer = forms.ChoiceSelect(label="Who spoke?", choices=[("7", "Officer 7"), ("9", "Officer 9")])
    email = forms.EmailAddress(label="Her email address", required=False)
    is_in_danger = forms.YesNoNotKnown(label="Is she in danger now?")
    leaflet = forms.FileInput(label="The leaflet you sent", endings=("pdf", "docx"), required=False)
    password = forms.Password(label="Your password", required=False)
    agreed = forms.TickBox(label="She agreed to this", missing=_("Tick to say that she agreed."))


def gallery(request: HttpRequest) -> HttpResponse:
    forms_shown = {"form": wrong_form(), "blank_form": blank_form()}
    page = Paginator(range(312), 25).page(6)
    return render(request, "components/gallery.html", SAMPLES | forms_shown | {"page": page})


gallery.policy = "anyone"  # type: ignore[attr-defined]


def wrong_form() -> SampleForm:
    """A form as it comes back with mistakes in it."""
    return SampleForm(
        {
            "reached": "none",
            "channel": "other",
            "other_way": "Video",
            "landed": "Frightened.\u200b",
            "spoke_on_day": "31",
            "spoke_on_month": "2",
            "spoke_on_year": "2026",
            "spoke_at": "quarter past",
            "minutes": "soon",
        }
    )


def blank_form() -> SampleForm:
    return SampleForm(auto_id="blank_%s", initial={"version": 3, "spoke_on": TODAY})


def at(month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=LONDON)


STEPS = [
    "Friday 20 November 15:40: police changed the bail conditions, heard by us the same day.",
    "Victims’ Code, Right 6: the police tell the victim. Enhanced: 1 working day; standard: 5.",
    {
        "text": "Friday is day 0. Monday 23 November is day 1.",
        "skipped": "Saturday and Sunday are not counted.",
    },
]
SAMPLES: dict[str, Any] = {
    "today": TODAY,
    "dates": [date(2026, 11, 23), TODAY, date(2026, 11, 27), date(2027, 1, 4)],
    "spoken_at": at(11, 24, 13, 50),
    "steps": STEPS,
    "case_bar": {
        "name": "Siân E.",
        "line": "She/her, 34. Stalking by a former partner, since March.",
        "tags": [
            {"text": "Enhanced: intimidated", "colour": "blue"},
            {"text": "Repeat: 3 in 12 months", "colour": "blue"},
        ],
        "reference": "VC-7K2M9Q",
        "has_danger": True,
        "strip": [
            {"label": "Phone", "text": "07700 900123, weekdays 09:30 to 14:30, withhold number"},
            {"text": "No voicemail. No post: he still has a key.", "is_warning": True},
            {"text": "Code word on file. Reviewed 12 Nov."},
        ],
        "actions": [
            {"label": "Log a call", "url": "#log"},
            {"label": "Restrict this case", "url": "#restrict"},
        ],
        "tabs": [
            {"label": label, "url": f"#{label.lower()}", "is_current": label == "Summary"}
            for label in (
                "Summary",
                "Timeline",
                "Contacts",
                "Needs",
                "Rights",
                "Court",
                "Letters",
                "Partners",
                "History",
            )
        ],
    },
    "navigation": [
        {"label": label, "url": f"#{label.lower()}", "is_current": label == "Cases"}
        for label in ("Today", "Cases", "Referrals", "Court", "Dashboards")
    ],
    "person_tags": [{"text": "Knife robbery", "colour": "red"}],
    "told": [
        {
            "about": "Bail",
            "told": "No contact, and not to enter Blackwood",
            "when": "Tue 27 Oct, by phone, you",
            "now": "Blackwood condition removed",
            "is_stale": True,
        },
        {
            "about": "Charge",
            "told": "Stalking involving fear of violence",
            "when": "Wed 11 Nov, by phone, you",
            "now": "The same",
        },
    ],
    "summary": [
        {"label": "Name", "value": "Siân E.", "url": "#name"},
        {"label": "Language", "value": "Welsh, then English", "url": "#language", "about": "language"},
        {"label": "Interpreter", "value": ""},
    ],
    "timeline": [
        {
            "heading": "Call, no answer",
            "when": at(11, 24, 13, 50),
            "body": "No message left: voicemail is unsafe.",
            "by": "Officer 7",
            "is_failed": True,
        },
        {"heading": "Duty opened", "when": at(11, 20, 15, 41), "is_system": True},
        {"heading": "Reminder sent to the officer", "when": at(11, 20, 15, 41), "is_system": True},
        {
            "heading": "Bail conditions changed",
            "when": at(11, 20, 15, 40),
            "body": "May enter Blackwood to work, weekdays 08:00 to 18:00.",
            "by": "Officer in the case",
            "url": "#event",
        },
    ],
    "late": [
        {
            "tone": "critical",
            "due_on": date(2026, 11, 23),
            "who": "Siân E.",
            "url": "#sian",
            "what": "Tell Siân E., 34, that bail conditions changed",
            "why": "Right 6: conditions changed Fri 20 Nov, enhanced (intimidated), 1 working day.",
            "explain": STEPS,
            "how": "Phone only, 09:30 to 14:30, withhold number, no voicemail. Two attempts: no answer.",
            "button": {"label": "Call", "url": "#call", "is_primary": True},
            "details": [
                {"label": "Last note", "value": "Frightened. Asked why nobody rang on Friday."},
                {"label": "Last told", "value": "Tue 27 Oct: no contact, not to enter Blackwood."},
            ],
        },
    ],
    "now_due": [
        {
            "due_on": TODAY,
            "when_note": "by 17:00",
            "who": "Gareth P.",
            "url": "#gareth",
            "what": "Update Gareth P., 61: nothing new in four weeks",
            "why": "Agreed plan: every 28 days, by phone, “ring even if there is no news”.",
            "how": "Phone or text, after 16:00. Welsh.",
            "button": {"label": "Call", "url": "#call", "is_primary": True},
        },
        {
            "due_on": TODAY,
            "when_note": "new referral",
            "who": "Tomos R.",
            "url": "#tomos",
            "what": "First contact with Tomos R., 17 (through his mother)",
            "tag": "Knife robbery",
            "colour": "red",
            "why": "Priority 1: under 18, serious violence. Provisionally enhanced.",
            "how": "Phone mother. Do not text his number.",
            "button": {"label": "Call", "url": "#call", "is_primary": True},
            "select_name": "row",
            "select_value": "2",
        },
    ],
    "soon": [
        {
            "due_on": date(2026, 11, 27),
            "who": "Megan and Rhys T.",
            "url": "#megan",
            "what": "Tell Megan and Rhys T. the trial has moved to 8 March",
            "why": "Right 8: learned today 09:12, 1 working day. Last told: 14 January.",
            "button": {"label": "Call", "url": "#call"},
        },
    ],
    "stats": [
        {
            "figure": "3,412",
            "label": "referrals received",
            "note": "October to date 3,377",
            "trend": [3102, 3250, 3180, 3377, 3412],
        },
        {
            "figure": "23",
            "label": "not yet allocated",
            "note": "oldest 2 h 10",
            "trend": [12, 30, 18, 25, 23],
        },
        {"figure": "11", "label": "critically overdue", "note": "4 in one team", "trend": [6, 6, 8, 9, 11]},
        {
            "figure": "91.4%",
            "label": "told in time, strict",
            "note": "1,906 of 2,085 duties",
            "trend": [93, 92, 84, 90, 91.4],
        },
        {
            "figure": "16.1%",
            "label": "reached by first call",
            "note": "549 of 3,412",
            "trend": [15, 15.5, 16, 15.8, 16.1],
        },
        {"figure": "38", "label": "fall due tomorrow", "note": "capacity for 44", "trend": []},
    ],
    "funnel": [
        ("Received", 3412),
        ("Allocated", 2604),
        ("Attempted", 1251),
        ("Reached", 549),
        ("Assessed", 466),
        ("Referred on", 141),
    ],
    "weeks": [
        ("1 Sep", 93.2),
        ("7 Sep", 94),
        ("14 Sep", 92),
        ("21 Sep", 92.6),
        ("28 Sep", 95),
        ("5 Oct", 93.4),
        ("12 Oct", 92.8),
        ("19 Oct", 84),
        ("26 Oct", 87),
        ("2 Nov", None),
        ("9 Nov", 92),
        ("16 Nov", 92.6),
        ("26 Nov", 91.4),
    ],
    "band": (89.5, 96.5),
    "marks": {"19 Oct": "w/c 19 Oct: 84%, outside limits"},
    "tasks": [
        {
            "label": "Screens at court",
            "url": "#screens",
            "status": "Applied for",
            "colour": "blue",
            "hint": "Asked on 16 November",
        },
        {"label": "Pre-trial visit", "status": "Not needed"},
    ],
    "columns": [
        {"label": "Right", "sort": "right"},
        {"label": "Owed", "is_number": True, "sort": "owed"},
        {"label": "In time, strict", "is_number": True},
        "Accountable for misses",
    ],
    "rights": [
        [{"text": "4 Referred to support", "url": "#4"}, "806", "95.2%", "Force 39"],
        [
            {"text": "6 Investigation and prosecution", "url": "#6"},
            "1,021",
            {"text": "88.9%", "note": "2,084 of 2,344"},
            {"text": "Force 97, CPS 16", "tag": "Falling", "colour": "amber"},
        ],
    ],
    "filters": [
        {"label": "Mine", "url": "#mine", "is_on": True},
        {"label": "Calls and messages", "url": "#calls", "is_on": True},
        {"label": "Letters", "url": "#letters"},
    ],
    "side": [
        {"text": "Ring Amina K. after the CPS meeting", "note": "today"},
        {"text": "Send Owain B. the leaflet in Welsh", "note": "Mon 30 Nov", "url": "#owain"},
    ],
}
