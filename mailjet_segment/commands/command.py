"""A command as a value: its name, its place in the help, its arguments, and the function that carries it out."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Literal, NamedTuple

Group = Literal["begin", "move", "answer", "look after"]
"""The help lists commands by what people want: begin, move events, get answers, look after what runs."""


class Command(NamedTuple):
    """`summary` is one line, without a full stop. `examples` are whole command lines, and come first in the help.

    `run` gets the parsed command line. It raises `Failure` with a sentence for exit code 1.
    """

    name: str
    group: Group
    summary: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], None]
    examples: tuple[str, ...] = ()
