"""What is wrong with a store, as commands say it. Beside no command, for each needs other packages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from event_store.errors import StoreError
from program.failure import Failure


@contextmanager
def said_plainly() -> Iterator[None]:
    """Turns an error of the store into a failure of the command."""
    try:
        yield
    except StoreError as error:
        raise Failure(error.sentence) from None
