"""How long to wait before the next try of a request."""

from __future__ import annotations


def backoff_s(attempt: int, server_s: float | None, chance: float, *, first_s: float, longest_s: float) -> float:
    """Seconds to wait after the failed `attempt` (1 is the first): twice as long each time, up to `longest_s`.

    `server_s`: how long the server asks to wait, which is the least. `chance` in [0, 1) spreads the tries of many
    threads.
    """
    if server_s is not None:
        return server_s + chance * first_s
    # The exponent is bounded because a float overflows at 2.0 ** 1024.
    return float(min(longest_s, first_s * 2.0 ** min(attempt - 1, 60))) * (0.5 + chance / 2)
