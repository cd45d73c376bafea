"""Questions to the user, on a terminal; or to nobody, so that each answer must be known already."""

from __future__ import annotations

import getpass
import sys
from typing import Protocol

from program.failure import Failure

STOPPED = "Stopped: nothing was written."


class Questions(Protocol):
    """Somebody who answers."""

    def ask(self, question: str, default: str) -> str:
        """An answer; the default if there is none."""

    def ask_secret(self, question: str, variable: str, is_optional: bool = False) -> str:
        """A key, which is not shown while it is typed; `variable` of the environment would have held it."""

    def confirm(self, question: str, option: str) -> bool:
        """Whether the answer is yes; without anybody to ask, `option` would have said so."""


class Terminal:
    """A person at a terminal; raises `Failure` if there is none, or at the end of the input (Ctrl-D)."""

    def __init__(self) -> None:
        if not sys.stdin.isatty():
            raise Failure("There is no terminal to ask on: give --no-input, and the keys in the environment.")

    def ask(self, question: str, default: str) -> str:
        return self._read(f"{question} [{default}]: ") or default

    def ask_secret(self, question: str, variable: str, is_optional: bool = False) -> str:
        while True:
            try:
                answer = getpass.getpass(f"{question}: ").strip()
            except EOFError:
                raise Failure(STOPPED) from None
            if answer or is_optional:
                return answer

    def confirm(self, question: str, option: str) -> bool:
        return self._read(f"{question} [y/N]: ").lower() in {"y", "yes"}

    def _read(self, prompt: str) -> str:
        try:
            return input(prompt).strip()
        except EOFError:
            print()
            raise Failure(STOPPED) from None


class Nobody:
    """`--no-input`: takes defaults. A question without one is an error that names its variable or option."""

    def ask(self, question: str, default: str) -> str:
        return default

    def ask_secret(self, question: str, variable: str, is_optional: bool = False) -> str:
        if is_optional:
            return ""
        raise Failure(f"{variable} is not set in the environment: set it, or leave --no-input out to be asked.")

    def confirm(self, question: str, option: str) -> bool:
        raise Failure(f"{question.rstrip('?')} only with {option}.")
