"""The measures M1 to M26 of a period, and the five quarterly ones, counted from the rows."""

from compliance.metrics.breakdowns import BREAKDOWNS
from compliance.metrics.definitions import METRICS, PARTS, QUARTERLY, Metric
from compliance.metrics.guards import GUARDS
from compliance.metrics.measuring import OF_SEVERAL, Figure, People, measure

__all__ = [
    "BREAKDOWNS",
    "GUARDS",
    "METRICS",
    "OF_SEVERAL",
    "PARTS",
    "QUARTERLY",
    "Figure",
    "Metric",
    "People",
    "measure",
]
