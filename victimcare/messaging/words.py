"""The words of a text or email: placeholders from a short list, and what no text may hold. Pure.

A text is read on a locked screen by whoever is near the phone. So no placeholder can carry the crime, the
reference of a crime, a court or another person, and no template may name one.
"""

import re
from collections.abc import Mapping
from datetime import date, time

from django.utils.translation import gettext as _

from victimcare.faults import Refused
from victimcare.letters.words import in_language

Value = str | date | time | Mapping[str, str]

PLACEHOLDERS = {
    "text": frozenset({"first_name", "officer", "phone", "day", "time"}),
    # An email is opened by whoever has the password: it may say what happened, its subject may not.
    "email": frozenset({"first_name", "officer", "phone", "day", "time", "what_happened", "reference"}),
}
LONGEST_TEXT = 612  # characters: four parts, as far as one text goes
# Words that would tell a stranger what this is about. Whole words, in either language.
TELLTALE = re.compile(
    r"\b(police|crime|victim\w*|offen[cd]\w*|assault\w*|abuse\w*|rape\w*|suspect\w*|arrest\w*|bail\w*|charg\w*|"
    r"court\w*|witness\w*|trial\w*|heddlu|(?:tr|dr|thr|nhr)osedd\w*|(?:d|dd|n)ioddef\w*|ymosod\w*|"
    r"(?:c|g|ch|ngh)am-?drin|(?:t|d|th|nh)reisio|arest\w*|(?:m|f)echnïaeth|(?:c|g|ch|ngh)yhudd\w*|l?lys\w*|"
    r"(?:t|d|th|nh)yst\w*|(?:t|d|th|nh)reial\w*)\b",
    re.IGNORECASE,
)
_BRACES = re.compile(r"\{([^{}]*)\}")
BETWEEN = {"text": "\n\n", "email": "\n\n———\n\n"}


def fill(text: str, language: str, values: Mapping[str, Value], *, channel: str) -> str:
    """The text with each placeholder filled, once. Raises Refused for one unknown, or with no value."""

    def filled(found: re.Match[str]) -> str:
        name = found[1]
        if name not in PLACEHOLDERS[channel]:
            raise Refused(
                _("The template asks for {%s}, which no message may hold. Mend the template.") % name
            )
        value = in_language(language, values.get(name, "")).strip()
        if not value:
            raise Refused(_("This message needs {%s}. Give it, or choose another message.") % name)
        return value

    return _BRACES.sub(filled, text)


def check_harmless(channel: str, subject: str, body: str) -> None:
    """Raises Refused when a stranger who sees a text, or the subject of an email, could tell what it is about.

    And for a text that is too long to be sent.
    """
    told = TELLTALE.search(body if channel == "text" else subject)
    if told:
        raise Refused(
            _("A text or a subject may be read by anybody near the phone. Take out “%s”.") % told[0]
        )
    if channel == "text" and len(body) > LONGEST_TEXT:
        raise Refused(
            _("This text has %(n)d characters and may have %(most)d. Shorten it, or send one language.")
            % {"n": len(body), "most": LONGEST_TEXT}
        )
