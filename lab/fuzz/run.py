"""Runs the targets under atheris, guided by what of the connectors' code an input reaches.

python -m lab.fuzz.run                          each target for a minute
python -m lab.fuzz.run --seconds 600 records    one of them for ten
python -m lab.fuzz.run --bounded                a fixed number of inputs from a fixed seed
python -m lab.fuzz.run records FILE             what one input does, without atheris
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

CORPUS = Path(__file__).parent / "corpus"
OURS = ("segment_events", "source_mailjet_segment", "destination_segment")
SEED = 20260131
SLOWEST_S = 10
"""An input that takes longer counts as a hang."""
MOST_MB = 2_048
PROGRESS = re.compile(r"#\d+\s|INFO:|WARNING:")
"""What libFuzzer says while nothing is wrong."""


def main() -> None:
    """Runs what the arguments ask for; exits with 1 where something was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", nargs="?", help="one target instead of all")
    parser.add_argument("file", nargs="?", type=Path, help="an input to try by itself")
    parser.add_argument("--seconds", type=int, default=60, help="for how long each target runs (default: 60)")
    parser.add_argument("--bounded", action="store_true", help="a fixed number of inputs from a fixed seed")
    parser.add_argument("--keep", action="store_true", help="add to the corpus what reaches new code")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.file:
        replay(given.target, given.file.read_bytes())
    elif given.inside:
        fuzz(given.target, given.seconds, bounded=given.bounded, keep=given.keep)
    else:
        sys.exit(run_all(sys.argv[1:], given.target))


def run_all(options: Sequence[str], target: str | None) -> int:
    """Each target in a process of its own, for atheris ends the process that it runs in; 1 if one found something."""
    from lab.fuzz.targets import TARGETS

    passed = [option for option in options if option != target]
    failed = []
    for name in [target] if target else TARGETS:
        print(f"{name}: ", end="", flush=True)
        command = [sys.executable, "-m", "lab.fuzz.run", name, *passed, "--inside"]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        done = subprocess.run(command, cwd=CORPUS.parents[2], env=environment, capture_output=True, text=True)
        said = done.stdout + done.stderr
        lines = [line for line in said.splitlines() if not PROGRESS.match(line)]
        print(next((line for line in lines if line.startswith("Done ")), "stopped"), flush=True)
        if done.returncode:
            failed.append(name)
            print("\n".join(lines))
    if failed:
        print(f"Found something: {', '.join(failed)}. Try an input by itself with python -m lab.fuzz.run TARGET FILE.")
    return 1 if failed else 0


def replay(target: str, data: bytes) -> None:
    """Tries one input; whatever is found is raised."""
    from lab.fuzz.targets import TARGETS

    TARGETS[target].run(data)


def fuzz(target: str, seconds: int, *, bounded: bool, keep: bool) -> None:
    """Runs one target until its end; atheris then ends the process, with another code than 0 if it found something."""
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install --editable '.[dev,fuzz]' (on Linux, x86-64)")

    logging.disable(logging.CRITICAL)
    with atheris.instrument_imports(include=list(OURS)):
        from lab.fuzz.mutation import mutate
        from lab.fuzz.targets import TARGETS

    def change(data: bytes, max_size: int, seed: int) -> bytes:
        rng = Random(seed)
        changed = mutate(data, rng) if rng.random() < 0.8 else None
        return changed if changed and len(changed) <= max_size else atheris.Mutate(data, max_size)

    found = Path(tempfile.mkdtemp(prefix=f"fuzz-{target}-"))
    seeds = CORPUS / target
    length = [f"-runs={TARGETS[target].bounded_runs}", f"-seed={SEED}"] if bounded else [f"-max_total_time={seconds}"]
    options = [
        *length,
        f"-timeout={SLOWEST_S}",
        f"-rss_limit_mb={MOST_MB}",
        "-max_len=8192",
        f"-artifact_prefix={found}/",
        *([str(seeds)] if keep else [str(found), str(seeds)]),
    ]
    atheris.Setup([sys.argv[0], *options], TARGETS[target].run, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
