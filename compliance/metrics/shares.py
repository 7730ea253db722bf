"""What stands above and below the line of each measure: conditions on the facts of one population."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q

from compliance.metrics import populations as of
from compliance.metrics.populations import Population
from compliance.models import Duty


@dataclass(frozen=True)
class Share:
    """One share of one measure: which rows, of which others. `is_count`: the rows alone, with no share."""

    key: str
    part: str
    rows: Population
    numerator: Q
    denominator: Q
    is_by_duty: bool = False
    is_by_tier: bool = False
    is_count: bool = False


ALL = Q()
_RIGHT_6 = (
    *("R6-NO-INVEST", "R6-ARREST", "R6-INTERVIEW", "R6-NFA-RELEASE", "R6-BAIL", "R6-RUI", "R6-BAIL-CHANGE"),
    *("R6-CHARGE", "R6-FIRST-HEARING", "R6-OOCD-OUTCOME", "R6-NOPROS"),
)
_RELEASES = ("R6-NFA-RELEASE", "R6-BAIL", "R6-RUI", "R6-BAIL-CHANGE")
_OURS = of.THE_FORCES
_JUDGED = _OURS & of.JUDGED


def _of_rules(key: str, rules: Collection[str], *, is_by_duty: bool = True) -> Share:
    some = Q(rule__in=list(rules))
    return Share(key, "", of.DUTIES, some & _OURS & of.IN_TIME, some & _JUDGED, is_by_duty)


def _victims(key: str, part: str, numerator: Q, denominator: Q = ALL) -> Share:
    return Share(key, part, of.VICTIMS, numerator, denominator)


_REFERRAL_DUE = Q(support_matured=True) & ~Q(support__in=[Duty.Status.DECLINED, Duty.Status.NOT_APPLICABLE])

SHARES: tuple[Share, ...] = (
    _victims("Q1", "", Q(acknowledged=True)),
    _victims("Q2", "", _REFERRAL_DUE & Q(support=Duty.Status.MET), _REFERRAL_DUE),
    _of_rules("Q3", _RIGHT_6),
    _victims("Q4", "", of.ENHANCED & Q(vps=True), of.ENHANCED),
    _of_rules("Q5", _RELEASES),
    Share("M1", "", of.DUTIES, _OURS & of.IN_TIME, _JUDGED, is_by_duty=True, is_by_tier=True),
    Share("M1", "with_no_evidence", of.DUTIES, _OURS & of.IN_TIME, _OURS & (of.JUDGED | of.NO_EVIDENCE)),
    Share("M1", "missed", of.DUTIES, _OURS & of.MISSED, _JUDGED),
    Share("M1", "no_evidence", of.DUTIES, _OURS & of.NO_EVIDENCE, ALL, is_count=True),
    Share("M1", "good_reason", of.DUTIES, _OURS & of.EXCUSED, ALL, is_count=True),
    Share("M1", "declined", of.DUTIES, _OURS & Q(status=Duty.Status.DECLINED), ALL, is_count=True),
    Share(
        "M1", "not_applicable", of.DUTIES, _OURS & Q(status=Duty.Status.NOT_APPLICABLE), ALL, is_count=True
    ),
    Share("M1", "not_due", of.DUTIES, _OURS & of.NOT_DUE, ALL, is_count=True),
    *(
        Share("M1", f"by_{owner.lower()}", of.DUTIES, Q(owner=owner) & of.IN_TIME, Q(owner=owner) & of.JUDGED)
        for owner in of.EXTERNAL
    ),
    Share("M2", "", of.DUTIES, _OURS & of.TOLD, _JUDGED, is_by_duty=True),
    Share("M2", "with_no_evidence", of.DUTIES, _OURS & of.TOLD, _OURS & (of.JUDGED | of.NO_EVIDENCE)),
    Share("M3", "", of.DUTIES, _OURS & of.IN_TIME, _JUDGED, is_by_duty=True),
    Share("M4", "", of.DUTIES, _OURS & (of.IN_TIME | of.EXCUSED), _JUDGED, is_by_duty=True),
    Share("M4", "good_reason", of.DUTIES, _OURS & of.EXCUSED, _JUDGED),
    _victims("M6", "", Q(assessed=True)),
    _victims("M7", "", Q(assessed_in_time=True)),
    _victims("M8", "", of.ENHANCED),
    _victims("M8", "provisional", Q(tier="provisional")),
    _victims("M8", "overlooked", Q(serious=True) & ~of.ENHANCED, ~of.ENHANCED),
    _victims("M9", "", Q(acknowledged=True)),
    _victims("M10", "offered", of.OFFERED),
    _victims("M10", "refused", of.REFUSED, of.OFFERED),
    _victims("M10", "made", of.REFERRED, of.OFFERED & ~of.REFUSED),
    _victims("M10", "in_time", Q(support=Duty.Status.MET), of.OFFERED & ~of.REFUSED),
    _victims("M10", "accepted", of.REFERRED & Q(accepted=True), of.REFERRED),
    Share("M11", "", of.RUNNING, Q(planned=True), ALL),
    Share("M13", "", of.OPEN_NOW, Q(overdue=True), ALL),
    _victims("M14", "", of.ENHANCED & Q(vps=True), of.ENHANCED),
    _of_rules("M17", ("R6-NO-INVEST", "R6-NOPROS")),
    Share("M19", "", of.HEARINGS, Q(in_time=True), ALL),
    Share("M20", "", of.SENTENCES, of.TOLD & Q(in_six=True), of.JUDGED),
    _of_rules("M21", ("R11-VCS-REFER",), is_by_duty=False),
    Share("M23", "", of.COMPLAINTS, Q(matured=True, in_time=True), Q(matured=True)),
    Share("M24", "", of.DUTIES, _JUDGED & Q(tried=True) & ~of.IN_TIME, _JUDGED, is_by_duty=True),
)
