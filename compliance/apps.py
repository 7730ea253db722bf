from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "compliance"

    def ready(self) -> None:
        """Reads the Code files, so that a bad one stops the start, and listens for what happens."""
        # Models exist only now, so these imports cannot stand at the top.
        from compliance.actions import assess
        from compliance.breaches import UNTOUCHED, end_untouched
        from compliance.calendar.reading import look
        from compliance.catalogue import codes
        from compliance.reminders import DUTIES
        from compliance.unfinished import open_duties
        from contacts.subjects import remind_of
        from victimcare import calendars
        from victimcare.cases.closing import before_closing
        from victimcare.cases.events import events_recorded
        from victimcare.intake.automatic import Automatic, register_automatic
        from victimcare.intake.layouts import register_worked_out

        codes()
        register_worked_out("compliance.Duty")
        register_automatic(Automatic("compliance.Breach", UNTOUCHED, end_untouched, event="event"))
        before_closing(open_duties)
        remind_of(DUTIES)
        calendars.ask(look)

        def assess_again(sender: Any, case_ids: Iterable[int], **_: Any) -> None:
            """A failure is logged by the signal and stops nobody; the sweep finds the case again."""
            assess(case_ids)

        events_recorded.connect(assess_again, dispatch_uid="compliance.assess", weak=False)
