"""What must be mended in a draft of the rules before it can be proposed, and what is worth a second look."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from referrals.rules.models import TriageRule


def problems(rules: Sequence[TriageRule]) -> list[str]:
    """Why these rules cannot be proposed yet, each a sentence that says what to do."""
    found = [
        _("“%(rule)s” fits nobody: say whom it fits, or remove it.") % {"rule": rule.said}
        for rule in rules
        if not rule.ways
    ]
    by_priority = [rule for rule in rules if rule.kind == TriageRule.Kind.PRIORITY]
    if not by_priority:
        return [*found, _("No rule gives a priority. Add one.")]
    if {"everyone": True} not in by_priority[-1].ways:
        found.append(
            _("The last rule that gives a priority must fit everyone, so that nobody is left without one.")
        )
    found += [
        _("“%(rule)s” would suppress everyone. Say whom it fits.") % {"rule": rule.said}
        for rule in rules
        if rule.kind == TriageRule.Kind.SUPPRESS and {"everyone": True} in rule.ways
    ]
    return found


def remarks(rules: Sequence[TriageRule]) -> list[str]:
    """What is allowed, and may not be meant."""
    found = []
    for earlier, later in zip(_by_priority(rules), _by_priority(rules)[1:], strict=False):
        if (earlier.priority or 0) > (later.priority or 0):
            found.append(
                _("“%(first)s” (priority %(n)d) stands above “%(second)s” (priority %(m)d). Whoever fits both "
                  "gets priority %(n)d.")
                % {"first": earlier.said, "n": earlier.priority, "second": later.said, "m": later.priority}
            )  # fmt: skip
    for place, rule in enumerate(_by_priority(rules)[:-1]):
        if {"everyone": True} in rule.ways:
            below = len(_by_priority(rules)) - place - 1
            found.append(
                _("“%(rule)s” fits everyone, so the %(n)d rules below it never decide.")
                % {"rule": rule.said, "n": below}
            )
    without = [rule.words for rule in rules if not rule.words_cy]
    if without:
        found.append(_("Without Welsh words: %s.") % ", ".join(f"“{words}”" for words in without))
    return found


def _by_priority(rules: Sequence[TriageRule]) -> list[TriageRule]:
    return [rule for rule in rules if rule.kind == TriageRule.Kind.PRIORITY]
