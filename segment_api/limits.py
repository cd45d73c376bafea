"""Segment's numbers, and our own beside them.

Source of Segment's: its documentation, "HTTP API Source" and "Batch", as of 2026-11.
"""

from __future__ import annotations

MAX_BATCH_BYTES = 500_000
"""Bytes of a whole request body: "500 KB", taken as thousands. A larger one gets 400."""

MAX_BATCH_CALLS = 2_500
"""Calls in one request. More of them get 200 and are dropped."""

MAX_CALL_BYTES = 32_768
"""Bytes of one call as UTF-8 JSON: "32 KB". A larger one gets 200 and is dropped."""

MAX_ID_CHARACTERS = 90
"""Characters of a record's own id. Segment wants fewer than 100, of which the write key's suffix takes 9."""

RETRY_FOR_S = 900.0
"""How long one batch is tried again before the sync fails. Ours."""

CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S = 10.0, 30.0
"""How long a request may take to connect, and then to go on answering. Ours."""

WHOLE_ANSWER_TIMEOUT_S, MAX_ANSWER_BYTES = 60.0, 1_000_000
"""The longest time and the largest size of a whole answer, trickling or not. Ours; Segment's have some 20 bytes."""

MAX_WAITING_STATE_BYTES = 16_000_000
"""Bytes of the states that wait for their events; if there are more, nothing more is read. Ours."""
