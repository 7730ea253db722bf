"""An invented victim care unit: its people, its live cases, and on request its whole first year."""
