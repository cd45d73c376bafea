"""The errors between Mailjet and us."""

from __future__ import annotations

from program.failure import ConfigurationError, Failure


class MailjetError(Failure):
    """Mailjet could not be read, though nothing is wrong with the configuration as far as one can tell."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, "transient_error")


class ThrottledError(MailjetError):
    """Mailjet limited the rate for longer than somebody was willing to wait."""


class RefusedKeysError(ConfigurationError):
    """401: the keys are wrong, or of an account on another host."""


class ForbiddenError(ConfigurationError):
    """403: the keys may not read this resource; others may be read."""


class OtherServerError(ConfigurationError):
    """Something answers at the address that is not Mailjet's API."""


class MalformedError(ValueError):
    """An answer with status 200 that is not as Mailjet documents it; its text names the fault and quotes nothing."""


class RefusedRequestError(MailjetError):
    """Mailjet refused this one request (400 or 404): the object in its filter may be gone; others may be answered."""
