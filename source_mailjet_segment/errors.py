"""What stops a sync, each as one sentence that says what to do."""

from __future__ import annotations

from airbyte_cdk.models import AirbyteMessage, FailureType, StreamDescriptor
from airbyte_cdk.utils.airbyte_secrets_utils import filter_secrets
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


class MachineError(SyncError):
    """The machine that the connector runs on lacks something."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, FailureType.system_error)


class MalformedError(ValueError):
    """An answer with status 200 that is not what Mailjet documents; its text says what is wrong, without quoting it."""


def without_stack(message: AirbyteMessage) -> AirbyteMessage:
    """An error's TRACE without its stack trace, which would bury the sentence."""
    if message.trace and message.trace.error:
        message.trace.error.stack_trace = None
    return message
