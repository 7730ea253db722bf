"""What a court's result code says, and which of our duties it touches. Pure.

The codes are national (CJS result codes); which kind each is follows their published names and is not
confirmed by the courts service. A code that is not here is not guessed: whoever records it says.
"""

from dataclasses import dataclass
from enum import StrEnum


class ResultKind(StrEnum):
    """What a result tells a victim: the words that the catalogue of duties uses."""

    ADJOURNED = "adjourned"
    BAIL = "bail"
    WARRANT = "warrant"
    REARREST = "rearrest"
    OUTCOME = "outcome"
    SENTENCE = "sentence"


K = ResultKind


@dataclass(frozen=True)
class Result:
    """One code: its name in both languages, its kinds, and whether the case ends with it."""

    code: str
    name: str
    name_cy: str
    kinds: tuple[ResultKind, ...]
    concludes: bool = False


RESULTS: dict[str, Result] = {
    result.code: result
    for result in (
        Result("4506", "Adjourned", "Gohiriwyd", (K.ADJOURNED,)),
        Result("4027", "Remanded on conditional bail", "Mechnïaeth ag amodau", (K.BAIL,)),
        Result("4028", "Remanded in custody", "Cadw yn y ddalfa", (K.BAIL,)),
        Result("4047", "Remanded on bail without conditions", "Mechnïaeth heb amodau", (K.BAIL,)),
        Result("4558", "Sent to the Crown Court on bail", "Anfonwyd i Lys y Goron ar fechnïaeth", (K.BAIL,)),
        Result(
            "4559",
            "Sent to the Crown Court on conditional bail",
            "Anfonwyd i Lys y Goron ar fechnïaeth ag amodau",
            (K.BAIL,),
        ),
        Result("4560", "Sent to the Crown Court in custody", "Anfonwyd i Lys y Goron yn y ddalfa", (K.BAIL,)),
        Result("1002", "Imprisonment", "Carchar", (K.OUTCOME, K.SENTENCE), True),
        Result("1115", "Suspended sentence", "Dedfryd ohiriedig", (K.OUTCOME, K.SENTENCE), True),
        Result("1116", "Community order", "Gorchymyn cymunedol", (K.OUTCOME, K.SENTENCE), True),
        Result("1018", "Conditional discharge", "Rhyddhad amodol", (K.OUTCOME, K.SENTENCE), True),
        Result(
            "3047",
            "Restraining order on conviction",
            "Gorchymyn atal ar euogfarn",
            (K.OUTCOME, K.SENTENCE),
            True,
        ),
        Result("3012", "Compensation", "Iawndal", (K.OUTCOME, K.SENTENCE), True),
        Result("3260", "Restraining order on acquittal", "Gorchymyn atal ar ryddfarn", (K.OUTCOME,), True),
        Result("2004", "Found not guilty", "Cafwyd yn ddieuog", (K.OUTCOME,), True),
        Result("2006", "Dismissed", "Gwrthodwyd y cyhuddiad", (K.OUTCOME,), True),
        Result("2050", "No evidence: dismissed", "Dim tystiolaeth: gwrthodwyd", (K.OUTCOME,), True),
        Result("2051", "Withdrawn", "Tynnwyd yn ôl", (K.OUTCOME,), True),
        Result("2053", "Discontinued", "Rhoddwyd y gorau i'r achos", (K.OUTCOME,), True),
        Result("2091", "No evidence: acquitted", "Dim tystiolaeth: rhyddfarn", (K.OUTCOME,), True),
        # A trial that did not go ahead: an outcome of the day; the code does not say that it is the last.
        Result("2077", "Trial did not go ahead", "Ni aeth y treial yn ei flaen", (K.OUTCOME,)),
    )
}  # fmt: skip


def kinds_of(code: str) -> tuple[ResultKind, ...]:
    """What this code tells; nothing for a code that is not known."""
    return RESULTS[code].kinds if code in RESULTS else ()


def concludes(code: str) -> bool:
    """Whether the court case ends with this result."""
    return code in RESULTS and RESULTS[code].concludes


def name_of(code: str) -> str:
    return RESULTS[code].name if code in RESULTS else code
