"""States on their way back: whole, in order, never early."""

from __future__ import annotations

import json
from typing import Any

import pytest

from destination_segment.states import States
from segment_api.acknowledgement import Acknowledgement


def stream_state(stream: str, namespace: str | None = None, **more: Any) -> dict[str, Any]:
    descriptor = {"name": stream, **({"namespace": namespace} if namespace else {})}
    state = {"type": "STREAM", "stream": {"stream_descriptor": descriptor, "stream_state": {"at": 1}}, **more}
    return {"type": "STATE", "state": state}


def line_of(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


def released(states: States, upto: int) -> list[dict[str, Any]]:
    return [json.loads(line)["state"] for line in states.release(upto)]


def test_a_state_comes_back_whole_with_the_records_since_the_one_before() -> None:
    states = States()
    states.note_record((None, "a"))
    states.note_record((None, "a"))
    states.note_record((None, "b"))
    message = stream_state("a", id=17, sourceStats={"recordCount": 2.0}, unknown={"kept": [1]})
    states.hold(line_of(message), 0)
    (line,) = states.release(0)
    assert json.loads(line) == {
        "type": "STATE",
        "state": {**message["state"], "destinationStats": {"recordCount": 2.0}},
    }
    states.hold(line_of(stream_state("a")), 0)
    states.hold(line_of(stream_state("b")), 0)
    assert [state["destinationStats"] for state in released(states, 0)] == [{"recordCount": 0.0}, {"recordCount": 1.0}]


def test_streams_of_one_name_in_two_namespaces_are_counted_apart() -> None:
    states = States()
    states.note_record(("one", "a"))
    states.hold(line_of(stream_state("a", "two")), 0)
    states.hold(line_of(stream_state("a", "one")), 0)
    assert [state["destinationStats"]["recordCount"] for state in released(states, 0)] == [0.0, 1.0]


def test_global_and_legacy_states_count_the_records_of_all_streams() -> None:
    states = States()
    for stream in ("a", "b"):
        states.note_record((None, stream))
    everything = {"type": "GLOBAL", "global": {"shared_state": {}, "stream_states": []}}
    states.hold(line_of({"type": "STATE", "state": everything}), 0)
    states.note_record((None, "a"))
    states.hold(line_of({"type": "STATE", "state": {"data": {"x": 1}}}), 0)
    one, other = released(states, 0)
    assert (one["destinationStats"], other["destinationStats"]) == ({"recordCount": 2.0}, {"recordCount": 1.0})
    assert one["global"] == {"shared_state": {}, "stream_states": []}
    assert other["data"] == {"x": 1}


COUNT = '"destinationStats":{"recordCount":0.0}'


@pytest.mark.parametrize(
    ("came", "goes"),
    [
        (
            '{"type":"STATE","state":{"id":1,"data":{"at":0.12345678901234567891234,"n":1.10,"e":1E5,"big":%s}}}'
            % ("1234567890" * 5),
            None,
        ),
        ('{"type":"STATE","state":{"data":{"half":"\\ud83d","\u00e9":"\\u00e9\\/"}}}', None),
        ('{"type":"STATE","state":{"data":{"deep":{"state":{"destinationStats":{}}}}}}', None),
        ('{"state":{"data":1},"type":"STATE"}', '{"state":{"data":1,%s},"type":"STATE"}'),
        (
            '{"state":{"data":1},"state":{"data":2},"type":"STATE"}',
            '{"state":{"data":1},"state":{"data":2,%s},"type":"STATE"}',
        ),
        (
            ' { "type" : "STATE" ,\t"state" : { "data" : [ 1.0 ] } } \r',
            '{ "type" : "STATE" ,\t"state" : { "data" : [ 1.0 ] ,%s} }',
        ),
        ('{"type":"STATE","state":{}}', '{"type":"STATE","state":{%s}}'),
        ('{"type":"STATE","state":{ }}', '{"type":"STATE","state":{ %s}}'),
        ('{"type":"STATE","state":{"destinationStats":7,"data":1.10}}', '{"type":"STATE","state":{%s,"data":1.10}}'),
        (
            '{"type":"STATE","state":{"destinationStats":{"rejectedRecordCount":2.0,"recordCount":9},"data":1.10}}',
            '{"type":"STATE","state":{"destinationStats":{"rejectedRecordCount":2.0,"recordCount":0.0},"data":1.10}}',
        ),
    ],
)
def test_a_state_goes_back_as_the_line_that_it_came_in_with_nothing_but_the_count_added(
    came: str, goes: str | None
) -> None:
    states = States()
    states.hold(came.encode(), 0)
    expected = came[:-2] + f",{COUNT}}}}}" if goes is None else goes.replace("%s", COUNT)
    (echo,) = states.release(0)
    assert echo == expected
    assert json.loads(echo)["state"]["destinationStats"]["recordCount"] == 0.0


def test_half_a_surrogate_pair_that_came_as_bytes_goes_back_as_text_that_can_be_printed() -> None:
    states = States()
    states.hold(b'{"type":"STATE","state":{"data":"\xed\xa0\xbd"}}', 0)
    (echo,) = states.release(0)
    assert echo == f'{{"type":"STATE","state":{{"data":"\\ud83d",{COUNT}}}}}'


def test_a_state_after_a_byte_order_mark_goes_back_without_it() -> None:
    states = States()
    states.hold(b"\xef\xbb\xbf" + line_of(stream_state("a")), 0)
    assert [state["type"] for state in released(states, 0)] == ["STREAM"]


def test_a_state_waits_for_every_call_before_it_and_for_the_states_before_it() -> None:
    states = States()
    for number, position in enumerate((0, 3, 3, 5)):
        states.hold(line_of(stream_state("a", id=number)), position)
    assert [state["id"] for state in released(states, 2)] == [0]
    assert [state["id"] for state in released(states, 4)] == [1, 2]
    assert states.waiting == 1
    assert [state["id"] for state in released(states, 5)] == [3]


def test_settled_stretches_join_up_only_from_the_start() -> None:
    settled = Acknowledgement()
    settled.settle(5, 9)
    settled.settle(2, 5)
    assert settled.upto == 0
    settled.settle(0, 2)
    assert settled.upto == 9


def test_a_batch_settled_in_part_holds_back_what_is_after_the_part() -> None:
    settled = Acknowledgement()
    settled.settle(4, 6)
    settled.settle(0, 3)
    settled.settle(3, 3)
    assert settled.upto == 3
