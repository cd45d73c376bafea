"""How long a collector waits for its clients, in seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """`headers_s`: from a connection, or the first byte of a further request, to the end of the headers. `body_s`: from
    there to the end of the body. `cut_s`: how much longer a body may take that nobody reads, because its request was
    answered already. `notice_s`: from `/readyz` saying no to the end of listening.
    """

    headers_s: float = 10
    body_s: float = 20
    cut_s: float = 10
    notice_s: float = 1


USUAL = Patience()
