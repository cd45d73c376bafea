"""All that fuzzing has found worth keeping, tried again without the fuzzer; `make fuzz` looks for more."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from lab.fuzz.mutation import mutate
from lab.fuzz.targets import TARGETS

CORPUS = Path(__file__).parent.parent / "lab" / "fuzz" / "corpus"
SEEDS = [(folder.name, path) for folder in sorted(CORPUS.iterdir()) for path in sorted(folder.iterdir())]


@pytest.mark.parametrize("target", TARGETS)
def test_every_input_of_the_corpus_is_understood_or_refused(target: str) -> None:
    inputs = [path for name, path in SEEDS if name == target]
    assert len(inputs) >= 5
    for path in inputs:
        TARGETS[target].run(path.read_bytes())


def test_the_corpus_is_text_of_targets_that_there_are() -> None:
    assert {name for name, _ in SEEDS} == set(TARGETS)
    for _, path in SEEDS:
        assert len(path.read_bytes().decode("utf-8")) <= 8_192


@pytest.mark.parametrize("target", ["mailjet_answers", "records", "source_state", "destination_input"])
def test_a_change_of_an_input_is_the_same_for_the_same_seed_and_runs_quietly(target: str) -> None:
    """A few changes of each, so that the tests find without a fuzzer what is easy to find."""
    changed = 0
    for number, path in enumerate(path for name, path in SEEDS if name == target):
        data = path.read_bytes()
        for seed in range(3):
            other = mutate(data, Random(seed + 100 * number))
            assert other == mutate(data, Random(seed + 100 * number))
            changed += other not in (None, data)
            TARGETS[target].run(other or b"")
    assert changed > 5
