"""The words for what people of the unit are good at and which languages they speak."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The key is what is kept and matched; the words are what people read.
SKILLS: dict[str, Promise] = {
    "domestic abuse": _("Domestic abuse"),
    "stalking": _("Stalking and harassment"),
    "sexual offences": _("Sexual offences"),
    "young people": _("Children and young people"),
    "older people": _("Older people"),
    "hate crime": _("Hate crime"),
    "modern slavery": _("Modern slavery"),
    "fraud": _("Fraud"),
    "bereavement": _("Bereavement"),
}

# Beside English, which everybody here speaks. ISO 639 codes.
LANGUAGES: dict[str, Promise] = {
    "cy": _("Welsh"),
    "ar": _("Arabic"),
    "bn": _("Bengali"),
    "bfi": _("British Sign Language"),
    "cs": _("Czech"),
    "fa": _("Farsi"),
    "fr": _("French"),
    "gu": _("Gujarati"),
    "hu": _("Hungarian"),
    "ku": _("Kurdish"),
    "lt": _("Lithuanian"),
    "pl": _("Polish"),
    "pt": _("Portuguese"),
    "pa": _("Punjabi"),
    "ro": _("Romanian"),
    "so": _("Somali"),
    "es": _("Spanish"),
    "tr": _("Turkish"),
    "uk": _("Ukrainian"),
    "ur": _("Urdu"),
}


def words_for(keys: list[str], vocabulary: dict[str, Promise]) -> str:
    """The keys in words, with commas; a key we have no word for is shown as it is."""
    return ", ".join(str(vocabulary.get(key, key)) for key in keys)
