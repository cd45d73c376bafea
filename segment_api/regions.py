"""The origin of each region at which Segment takes events."""

from __future__ import annotations

from collections.abc import Mapping

ORIGIN_BY_LOCATION: Mapping[str, str] = {"us": "https://api.segment.io", "eu": "https://events.eu1.segmentapis.com"}
"""Segment documentation, "Regional Segment". A configuration's third location, `other`, brings its own origin."""
