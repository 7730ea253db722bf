"""Which services a victim can be pointed to while somebody talks to them: the partners of today."""

from referrals.models import Partner
from victimcare import clock


def names_of_partners() -> list[str]:
    """The partners under contract today, by name. One query."""
    return list(Partner.objects.contracted_on(clock.today()).values_list("name", flat=True)[:60])
