"""A sync that fails ends with one sentence that is true of the whole, not with a list of all streams'."""

from __future__ import annotations

import json
from typing import Any

from airbyte_cdk.models import FailureType

from mailjet_rest.errors import MailjetError
from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.sandbox import Sandbox
from mailjet_sandbox.switches import Switches
from program.failure import ConfigurationError
from source_mailjet_segment.final_error import summarise
from source_mailjet_segment.trace import TracedFailure


def test_what_passes_by_itself_is_no_error_of_the_configuration(read: Any) -> None:
    with Sandbox(seed=41, messages=100, faults=[Fault("contactdata", status(503), times=None)]) as sandbox:
        synced = read(sandbox)
    assert synced.failed is not None
    assert synced.failed.count("'contactdata'") == 1
    assert isinstance(synced.error, TracedFailure)
    assert synced.error.failure_type is FailureType.transient_error


def test_a_missing_permission_is_the_last_word(read: Any) -> None:
    switches = Switches(forbidden=frozenset({"bouncestatistics"}))
    with Sandbox(
        seed=42, messages=100, switches=switches, faults=[Fault("openinformation", status(503), times=None)]
    ) as (sandbox):
        synced = read(sandbox)
    assert synced.failed is not None
    assert synced.failed.startswith("Mailjet does not let this API key read 'bouncestatistics' (403)")
    assert synced.failed.endswith("(And 1 more: see the errors of the streams.)")
    assert synced.error.failure_type is FailureType.config_error


def test_one_error_is_said_as_it_is_and_of_several_the_one_to_mend() -> None:
    mailjet, configuration = MailjetError("Wait."), ConfigurationError("Mend it.")
    assert summarise([mailjet]).sentence == "Wait."
    both = summarise([mailjet, configuration])
    assert both.sentence == "Mend it. (And 1 more: see the errors of the streams.)"
    message = TracedFailure(summarise([mailjet])).as_airbyte_message()
    assert message.trace
    assert message.trace.error
    assert json.dumps(message.trace.error.stack_trace) == "null"
