"""An Airbyte destination that sends records as Segment track calls, and echoes a state when Segment has the rest."""

NAME = "destination-segment"

VERSION = "0.1.0"
"""The connector's version, as events carry it in `context.library`; a test keeps it equal to the distribution's."""

LIBRARY = {"name": NAME, "version": VERSION}
"""Who sends the calls, as their context says."""

USER_AGENT = f"{NAME}/{VERSION}"
