"""The names of a collector's notes in its store that other commands read too."""

from __future__ import annotations

COMPLETENESS = "completeness"
"""The state of the reading by REST."""
