from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "referrals"

    def ready(self) -> None:
        """Registers the layouts it reads, and listens for victims who came by no extract."""
        # Models exist only now, so these imports cannot stand at the top.
        from referrals.layouts import LAYOUTS
        from referrals.refer_in.actions import refer_the_unreferred, referral_of
        from victimcare.cases.events import events_recorded
        from victimcare.cases.finding import find_by_reference
        from victimcare.cases.newcomers import with_each
        from victimcare.intake.layouts import register

        for layout in LAYOUTS:
            register(layout)
        # What a victim, a partner or an officer was given when they asked for support.
        find_by_reference("R", "SELECT participant_id AS id FROM referrals_referral WHERE reference = %s")

        nobody: frozenset[int] = frozenset()

        def refer(sender: Any, case_ids: Iterable[int], contacted: frozenset[int] = nobody, **_: Any) -> None:
            """A failure is logged by the signal and stops nobody; the sweep finds the victim again."""
            if others := set(case_ids) - contacted:
                refer_the_unreferred(others)

        with_each(referral_of)
        events_recorded.connect(refer, dispatch_uid="referrals.refer", weak=False)
