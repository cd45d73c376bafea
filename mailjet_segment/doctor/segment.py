"""Whether Segment can be reached, by one request. It answers 200 to any key in any region: neither is proven."""

from __future__ import annotations

import time

from mailjet_collector.config import SegmentConfig
from mailjet_segment.doctor.examination import Examination
from segment_api.endpoint import Endpoint
from segment_api.outcome import Accepted, Hopeless, Malformed, TryLater
from segment_api.packer import EMPTY_BODY
from segment_api.probe import ATTEMPTS, PAUSE_S, TIMEOUT_S


def examine_segment(segment: SegmentConfig, found: Examination) -> None:
    """Posts an empty batch, twice if need be."""
    endpoint = Endpoint(segment.api_url, segment.write_key, TIMEOUT_S, user_agent="mailjet-segment")
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_S)
        outcome = endpoint.post(EMPTY_BODY)
        found.requests["Segment"] += 1
        if not isinstance(outcome, TryLater):
            break
    match outcome:
        case Hopeless(sentence):
            found.find("segment-region", sentence)
        case TryLater(reason):
            found.find("segment-unreachable", f"Segment cannot be reached at {segment.api_url} ({reason}).")
        case Malformed(reason, in_json=False):
            found.find("segment-region", f"{segment.api_url} is not Segment's API ({reason}, and not in JSON).")
        case Accepted() | Malformed():
            found.fine.append(
                f"Segment: reached at {segment.api_url}. It answers 200 whatever the write key and region: neither is "
                "proven. Look for the events in the Debugger of your Segment source"
            )
