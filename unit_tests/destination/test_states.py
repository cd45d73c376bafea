"""States on their way back: whole, in order, never early."""

from __future__ import annotations

import json
from typing import Any

from destination_segment.acknowledgement import Acknowledgement
from destination_segment.states import States


def stream_state(stream: str, namespace: str | None = None, **more: Any) -> dict[str, Any]:
    descriptor = {"name": stream, **({"namespace": namespace} if namespace else {})}
    state = {"type": "STREAM", "stream": {"stream_descriptor": descriptor, "stream_state": {"at": 1}}, **more}
    return {"type": "STATE", "state": state}


def released(states: States, upto: int) -> list[dict[str, Any]]:
    return [json.loads(line)["state"] for line in states.release(upto)]


def test_a_state_comes_back_whole_with_the_records_since_the_one_before() -> None:
    states = States()
    states.note_record((None, "a"))
    states.note_record((None, "a"))
    states.note_record((None, "b"))
    message = stream_state("a", id=17, sourceStats={"recordCount": 2.0}, unknown={"kept": [1]})
    states.hold(message, 0)
    (line,) = states.release(0)
    assert json.loads(line) == {
        "type": "STATE",
        "state": {**message["state"], "destinationStats": {"recordCount": 2.0}},
    }
    states.hold(stream_state("a"), 0)
    states.hold(stream_state("b"), 0)
    assert [state["destinationStats"] for state in released(states, 0)] == [{"recordCount": 0.0}, {"recordCount": 1.0}]


def test_streams_of_one_name_in_two_namespaces_are_counted_apart() -> None:
    states = States()
    states.note_record(("one", "a"))
    states.hold(stream_state("a", "two"), 0)
    states.hold(stream_state("a", "one"), 0)
    assert [state["destinationStats"]["recordCount"] for state in released(states, 0)] == [0.0, 1.0]


def test_global_and_legacy_states_count_the_records_of_all_streams() -> None:
    states = States()
    for stream in ("a", "b"):
        states.note_record((None, stream))
    states.hold({"type": "STATE", "state": {"type": "GLOBAL", "global": {"shared_state": {}, "stream_states": []}}}, 0)
    states.note_record((None, "a"))
    states.hold({"type": "STATE", "state": {"data": {"x": 1}}}, 0)
    one, other = released(states, 0)
    assert (one["destinationStats"], other["destinationStats"]) == ({"recordCount": 2.0}, {"recordCount": 1.0})
    assert one["global"] == {"shared_state": {}, "stream_states": []}
    assert other["data"] == {"x": 1}


def test_integers_of_any_size_and_halves_of_surrogates_survive() -> None:
    states = States()
    states.hold(stream_state("a", big=10**40, half="\ud83d"), 0)
    (line,) = states.release(0)
    assert json.loads(line)["state"]["big"] == 10**40
    assert line.isascii()


def test_a_state_waits_for_every_call_before_it_and_for_the_states_before_it() -> None:
    states = States()
    for number, position in enumerate((0, 3, 3, 5)):
        states.hold(stream_state("a", id=number), position)
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
