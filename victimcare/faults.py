"""The plain sentences people read when something cannot be done. Each says what to do next."""

from django.utils.functional import Promise


class Refused(Exception):
    """The action cannot be done; the sentence says why and what to do. Shown to the person, status 422."""

    status = 422

    def __init__(self, sentence: str | Promise) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotAllowed(Refused):
    """This person may not do this here. Status 403."""

    status = 403


class Stale(Refused):
    """Someone else changed the row since the page was opened. Status 409; both texts are shown."""

    status = 409

    def __init__(self, sentence: str | Promise, *, theirs: dict[str, object] | None = None) -> None:
        super().__init__(sentence)
        self.theirs = theirs or {}
