"""Whether code leads to a server or a process: found by following the names that functions use, without running them.

A name that is computed, or an object that another function made, is not followed: `guard` finds what is missed here.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

ROOT = Path(__file__).parents[2]

STARTERS = {"subprocess", "multiprocessing", "uvicorn", "http.server", "socketserver", "mailjet_sandbox.serving"}
"""Modules that start servers or processes."""

WATCHER = "lab.leak_watch"
"""It replaces what starts processes, for every test, and starts none."""

OURS = {path.parent.name for path in ROOT.glob("*/__init__.py")} | {"unit_tests", "integration_tests"}
"""Top-level packages whose functions are followed."""


class Reach:
    """Remembers what it has followed: many tests use the same fixtures."""

    def __init__(self) -> None:
        self._known: dict[int, bool] = {}
        self._kept: list[Any] = []

    def starts_something(self, thing: Any) -> bool:
        """Whether a function, a class or a module leads to a starter."""
        if id(thing) not in self._known:
            self._known[id(thing)] = False  # of a circle of calls, what lies outside it decides
            self._kept.append(thing)  # or another object could get its id
            self._known[id(thing)] = _is_starter(_module_name(thing)) or any(
                self.starts_something(used) for used in _used_by(thing)
            )
        return self._known[id(thing)]


def _is_starter(module: str) -> bool:
    """A class of uvicorn's is from `uvicorn.server`, whatever it was imported from."""
    return any(module == starter or module.startswith(f"{starter}.") for starter in STARTERS)


def _module_name(thing: Any) -> str:
    return thing.__name__ if isinstance(thing, ModuleType) else str(getattr(thing, "__module__", ""))


def _used_by(thing: Any) -> Iterator[Any]:
    """What a function or class of ours names, and what a table of them holds."""
    if isinstance(thing, (Mapping, list, tuple)):
        yield from thing.values() if isinstance(thing, Mapping) else thing
    elif isinstance(thing, partial):
        yield thing.func
    elif _is_followed(_module_name(thing)):
        yield from _members(thing) if isinstance(thing, type) else _globals_of(_plain(thing))


def _is_followed(module: str) -> bool:
    return module.partition(".")[0] in OURS and not module.startswith(WATCHER)


def _members(thing: type) -> Iterator[Any]:
    yield from filter(callable, map(_plain, vars(thing).values()))
    yield from thing.__bases__


def _globals_of(function: Any) -> Iterator[Any]:
    if isinstance(function, FunctionType):
        for name in _names(function.__code__):
            if name in function.__globals__:
                yield function.__globals__[name]


def _plain(member: Any) -> Any:
    """The function behind a method, a property, a fixture, a cache or a test of properties."""
    if isinstance(member, (staticmethod, classmethod)):
        member = member.__func__
    if isinstance(member, property):
        member = member.fget
    member = getattr(member, "func", member)  # cached_property
    hypothesis = getattr(member, "hypothesis", None)
    return inspect.unwrap(getattr(hypothesis, "inner_test", member))


def _names(code: CodeType) -> Iterator[str]:
    """The names that a function uses, in the functions inside it too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
