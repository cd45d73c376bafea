"""What stops a sync, each as one sentence that says what to do."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from airbyte_cdk.models import AirbyteMessage, FailureType, StreamDescriptor
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets, update_secrets
from airbyte_cdk.utils.traced_exception import AirbyteTracedException


class SyncError(AirbyteTracedException):
    """An error whose sentence is fit for the user: no secret, no address, no stack of ours behind it."""

    def __init__(self, sentence: str, failure_type: FailureType) -> None:
        shown = filter_secrets(sentence)
        super().__init__(internal_message=shown, message=shown, failure_type=failure_type)

    def as_airbyte_message(self, stream_descriptor: StreamDescriptor | None = None) -> AirbyteMessage:
        """The TRACE of the error, with nothing but the sentence."""
        return without_stack(super().as_airbyte_message(stream_descriptor))


class ConfigurationError(SyncError):
    """The user must change something: the configuration, the state, the catalog, a permission."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, FailureType.config_error)


class MailjetError(SyncError):
    """Mailjet could not be read, though nothing is wrong with the configuration as far as one can tell."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, FailureType.transient_error)


class RefusedRequestError(MailjetError):
    """Mailjet refused this one request (400 or 404): what it was filtered by may be gone; others may be answered."""


class MachineError(SyncError):
    """The machine that the connector runs on lacks something."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, FailureType.system_error)


class MalformedError(ValueError):
    """An answer with status 200 that is not what Mailjet documents; its text says what is wrong, without quoting it."""


SHORTEST_SECRET = 8
"""A shorter one is no key but a mistake, and hiding it would make words unreadable."""


def hide_secrets(config: Mapping[str, Any]) -> None:
    """Has the log and all errors of this process show `****` for both keys, plain and as HTTP Basic sends them."""
    keys = [str(config.get(name) or "") for name in ("api_key", "api_key_secret")]
    basic = b64encode(":".join(keys).encode()).decode()
    update_secrets([secret for secret in (basic, *keys) if len(secret) >= SHORTEST_SECRET])


def without_stack(message: AirbyteMessage) -> AirbyteMessage:
    """An error's TRACE without its stack trace, which would bury the sentence."""
    if message.trace and message.trace.error:
        message.trace.error.stack_trace = None
    return message
