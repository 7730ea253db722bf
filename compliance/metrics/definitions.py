"""What each measure counts: its name, its definition, and what stands above and below the line.

The sentences are what a page, a pack and the command show beside the number. Whoever changes what is counted
raises the measure's `version`, so that two numbers of one name are never taken for the same.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PERCENT, WORKING_DAYS, COUNT = "percent", "working_days", "count"


@dataclass(frozen=True)
class Metric:
    """One measure. `version` is of its definition; which Code it counts by is said apart."""

    key: str
    label: Promise
    definition: Promise
    numerator: Promise
    denominator: Promise
    version: int = 1


_MATURED = _("Duties of the Code whose last day has passed, without those declined or not applicable")
_VICTIMS = _("Victims of crimes reported in the period")
_NOWHERE = _("Not collected")

METRICS: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        Metric(
            "Q1",
            _("Written acknowledgement"),
            _("First of the five quarterly measures. The same as M9."),
            _("Victims who were sent the written acknowledgement"),
            _VICTIMS,
        ),
        Metric(
            "Q2",
            _("Referred to support in time"),
            _("Second of the five quarterly measures: within the Code’s two working days of the report."),
            _("Victims referred to a support service in time"),
            _("Victims who did not decline, and whose last day for a referral has passed"),
        ),
        Metric(
            "Q3",
            _("Updates in time"),
            _("Third of the five quarterly measures: what Right 6 says a victim is told. Strict: a good reason "
              "is not in time. Whether an update was good enough is not collected."),
            _("Updates given by their last day"),
            _("Updates of Right 6 whose last day has passed, without those declined or not applicable"),
        ),
        Metric(
            "Q4",
            _("Chance to make a Victim Personal Statement"),
            _("Fourth of the five quarterly measures. The same as M14."),
            _("Victims to whom a statement was offered"),
            _("Victims with enhanced rights: who gave a witness statement is not collected"),
        ),
        Metric(
            "Q5",
            _("Told of a release"),
            _("Fifth of the five quarterly measures, as far as it is recorded here: that the suspect was released "
              "without charge, on bail or under investigation, or that bail changed. The release of an offender "
              "from prison is told by probation and is not collected here."),
            _("Releases and changes of bail told by their last day"),
            _("Releases and changes of bail whose last day to tell has passed, without those declined or not "
              "applicable"),
        ),
        Metric(
            "M1",
            _("In time, by duty and tier"),
            _("Each duty of the Code that the force owes, by the day its clock started. What only an officer in "
              "the case can show, and has not, is no evidence: counted beside, never as missed. Our own standards "
              "are left out."),
            _("Told or done on or before the last day"),
            _MATURED,
        ),
        Metric(
            "M2",
            _("Coverage"),
            _("Whether the victim was told at all, however late."),
            _("Told or done at any time"),
            _MATURED,
        ),
        Metric(
            "M3",
            _("Strict rate"),
            _("A good reason counts as missed."),
            _("Told or done on or before the last day"),
            _MATURED,
        ),
        Metric(
            "M4",
            _("Adjusted rate"),
            _("A good reason that a second person approved counts as met. Never to be added to, or shown instead "
              "of, the strict rate."),
            _("Told or done on or before the last day, or excused with an approved good reason"),
            _MATURED,
        ),
        Metric(
            "M5",
            _("Lateness"),
            _("How many working days after the last day, among those told late: the median and the ninetieth "
              "percentile. Those never told have no lateness and are missed."),
            _("Working days late"),
            _("Duties told or done late"),
        ),
        Metric(
            "M6",
            _("Needs assessed"),
            _("Every victim counts, those with a suppressed referral too."),
            _("Victims with a completed needs assessment"),
            _VICTIMS,
        ),
        Metric(
            "M7",
            _("Needs assessed in time"),
            _("In time is on or before the last day of the first duty of the Code that has one."),
            _("Victims whose assessment was completed by then"),
            _VICTIMS,
        ),
        Metric(
            "M8",
            _("Enhanced rights found"),
            _("Provisional ones from triage count. Possibly overlooked: standard, though the victim was under 18 "
              "or the crime has a flag of the most serious ones."),
            _("Victims with enhanced rights on the day of the count"),
            _VICTIMS,
        ),
        Metric(
            "M9",
            _("Written acknowledgement"),
            _("By letter, or another safe way in writing that the record shows."),
            _("Victims who were sent it"),
            _VICTIMS,
        ),
        Metric(
            "M10",
            _("Referral to support"),
            _("Offered: an answer is recorded, or they were referred. Made: referred to a support service. "
              "Accepted: a service took them on. The funnel’s “Referred on” is another number: of those received "
              "in the period, whoever was referred to any service."),
            _("Each step counted"),
            _("Victims reported; for referrals made, those offered who did not decline"),
        ),
        Metric(
            "M11",
            _("Contact plan agreed"),
            _("A case is running until it was not investigated, closed, settled out of court, not prosecuted or "
              "concluded at court."),
            _("Victims with an agreed plan"),
            _("Victims of crimes reported in the period, still running more than five working days later"),
        ),
        Metric(
            "M12",
            _("Contact plan kept"),
            _("Our own standard, not the Code’s. An interval ends when an update is given, or when its last day "
              "passes without one. Intervals paused, replaced by another plan or ended by "
              "closing the case are left out."),
            _("Intervals that ended with an update in time"),
            _("Intervals that ended in the period"),
            version=2,  # the call that began an interval, and the victims closed since, count no more
        ),
        Metric(
            "M13",
            _("Update overdue now"),
            _("On the day of the count, whenever the crime was reported. Our own standard, not the Code’s."),
            _("Victims whose next agreed update is overdue"),
            _("Victims with an open case that is running"),
        ),
        Metric(
            "M14",
            _("Victim Personal Statement offered"),
            _("Who gave a witness statement, and who is bereaved, is not collected: those with enhanced rights "
              "stand for all who are owed the offer."),
            _("Those with an offer recorded"),
            _("Victims with enhanced rights"),
        ),
        Metric(
            "M15", _("Victim Personal Statement made"), _("Of those to whom it was offered."),
            _NOWHERE, _("Victims to whom it was offered"),
        ),
        Metric(
            "M16", _("Statement: how it is read, and whether it reached the court"),
            _("The victim’s preference, and what became of it."), _NOWHERE, _NOWHERE,
        ),
        Metric(
            "M17",
            _("Outcome told"),
            _("A decision not to investigate or not to prosecute, told in time. Whether the reasons and the right "
              "to a review were told with it is not collected apart."),
            _("Told by the last day"),
            _("Such decisions whose last day to tell has passed, for each victim"),
        ),
        Metric(
            "M18", _("Victims’ right to review"), _("Requests, and what became of them."), _NOWHERE, _NOWHERE,
        ),
        Metric(
            "M19",
            _("From the court to witness care"),
            _("The court’s own leg, never part of the force’s figures."),
            _("Results that reached witness care within five working days of the hearing"),
            _("Hearings of the period whose result was received"),
        ),
        Metric(
            "M20",
            _("From sentence to victim"),
            _("Both legs together: six working days from the sentence itself. By the day witness care heard."),
            _("Victims told within six working days of the sentence"),
            _("Sentences for which those six days have passed, for each victim"),
        ),
        Metric(
            "M21",
            _("Referred to the Victim Contact Scheme"),
            _("Within ten working days of the sentence."),
            _("Referred in time"),
            _("Victims eligible, whose last day has passed"),
        ),
        Metric(
            "M22", _("Views asked for before a decision"),
            _("Before an out-of-court disposal or bail before charge."), _NOWHERE, _NOWHERE,
        ),
        Metric(
            "M23",
            _("Complaints answered in time"),
            _("Complaints made to us in the period, by the day a reply is due."),
            _("Answered by that day"),
            _("Complaints whose day has passed"),
        ),
        Metric(
            "M24",
            _("Tried in time, and not told"),
            _("A call, visit or message before the last day that reached nobody."),
            _("Not told in time, though somebody had tried by then"),
            _MATURED,
        ),
        Metric("M25", _("Quality of updates"), _("By a sample that somebody reads."), _NOWHERE, _NOWHERE),
        Metric("M26", _("Satisfied with being kept informed"), _("By asking victims."), _NOWHERE, _NOWHERE),
    )
}  # fmt: skip

QUARTERLY: tuple[str, ...] = ("Q1", "Q2", "Q3", "Q4", "Q5")

NOT_COLLECTED: dict[str, dict[str, Promise]] = {
    "M15": {"": _("Not collected: whether a victim made a statement is not recorded here.")},
    "M16": {
        "preference": _("Not collected: how a victim wants their statement read is not recorded here."),
        "reached_court": _("Not collected: what became of a statement at court is not recorded here."),
    },
    "M18": {
        "requests": _("Not collected: requests for a review are not recorded here."),
        "upheld": _("Not collected: what became of a review is not recorded here."),
    },
    "M22": {"": _("Not collected: when a victim’s views were asked for is not recorded here.")},
    "M23": {"upheld": _("Not collected: whether a complaint was upheld is not recorded here.")},
    "M25": {"": _("Not collected: nobody samples updates for their quality yet.")},
    "M26": {"": _("Not collected: victims are not surveyed through this service.")},
}

# What a part of a measure is called. A part that is the key of a duty has the duty's own name.
PARTS: dict[str, Promise] = {
    "with_no_evidence": _("With no evidence counted as not told"),
    "no_evidence": _("No evidence"),
    "good_reason": _("Excused with good reason"),
    "declined": _("Declined"),
    "not_applicable": _("Not applicable"),
    "not_due": _("Not yet due"),
    "missed": _("Missed"),
    "by_cps": _("Owed by the Crown Prosecution Service, apart"),
    "by_hmcts": _("Owed by the courts, apart"),
    "by_probation": _("Owed by probation, apart"),
    "median": _("Median"),
    "ninetieth": _("Ninetieth percentile"),
    "overlooked": _("Possibly overlooked"),
    "provisional": _("Provisional"),
    "offered": _("Offered"),
    "refused": _("Declined when offered"),
    "made": _("Made"),
    "in_time": _("Made in time"),
    "accepted": _("Accepted by a service"),
    "preference": _("How it is read"),
    "reached_court": _("Reached the court"),
    "requests": _("Requests"),
    "upheld": _("Upheld"),
    "enhanced": _("Enhanced"),
    "standard": _("Standard"),
}
