from collections.abc import Iterable
from typing import Any

from django.apps import AppConfig


class ContactsConfig(AppConfig):
    name = "contacts"

    def ready(self) -> None:
        """Listens for what moves a first contact on, and says what is unfinished before somebody is closed."""
        # Models exist only now, so these imports cannot stand at the top.
        from contacts.layouts import LAYOUTS
        from contacts.planning import ask_again, take_up_answer
        from contacts.subjects import OWN, remind_of
        from contacts.trying import replan
        from contacts.unfinished import open_promises, unfinished_series
        from contacts.urgent_calls import UNTOUCHED, end_untouched, look_at, settle_calls
        from victimcare.cases.closing import before_closing
        from victimcare.cases.events import events_recorded
        from victimcare.cases.questions import after_answers
        from victimcare.intake.automatic import Automatic, register_automatic
        from victimcare.intake.layouts import register

        register_automatic(Automatic("contacts.UrgentCall", UNTOUCHED, end_untouched))
        for layout in LAYOUTS:
            register(layout)

        # Where nothing happened but that people were added, nobody was contacted and no plan is older; where somebody
        # was only contacted, whoever kept the contact planned the next step with it, and no milestone was passed.
        nothing: frozenset[int] = frozenset()

        def plan_again(
            sender: Any,
            case_ids: Iterable[int],
            joined: frozenset[int] = nothing,
            contacted: frozenset[int] = nothing,
            **_: Any,
        ) -> None:
            """A failure is logged by the signal and stops nobody; the sweep looks at it again."""
            if others := set(case_ids) - joined - contacted:
                replan(others)

        def ring_at_once(
            sender: Any, case_ids: Iterable[int], contacted: frozenset[int] = nothing, **_: Any
        ) -> None:
            """Who must be rung because a suspect was released; the sweep finds what a failure left behind.

            Where somebody was only contacted, nobody was released: a call may be met by it.
            """
            if contacted:
                settle_calls(contacted)
            if others := set(case_ids) - contacted:
                look_at(others)

        def ask_for_plans_again(
            sender: Any,
            case_ids: Iterable[int],
            joined: frozenset[int] = nothing,
            contacted: frozenset[int] = nothing,
            **_: Any,
        ) -> None:
            """After a charge, a plea, a trial fixed or a sentence. The sweep finds what a failure left unasked."""
            if others := set(case_ids) - joined - contacted:
                ask_again(others)

        events_recorded.connect(plan_again, dispatch_uid="contacts.replan", weak=False)
        events_recorded.connect(ring_at_once, dispatch_uid="contacts.ring_at_once", weak=False)
        for subject in OWN:
            remind_of(subject)
        events_recorded.connect(ask_for_plans_again, dispatch_uid="contacts.ask_again", weak=False)
        after_answers(take_up_answer)
        before_closing(open_promises)
        before_closing(unfinished_series)
