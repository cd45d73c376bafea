"""What the documents show between fences: blocks, and the commands in those of a shell, for whatever checks them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parent.parent
_FENCE = re.compile(r"^\s*```(\S*)\s*$")
_OPERATORS = {"|", "||", "&&", ";", "&", "(", ")"}
_REDIRECTIONS = {">", ">>", "<"}
_ASSIGNMENT = re.compile(r"[A-Z_]+=.*", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """The text between two fences. `line`: that of its first line in the file."""

    file: str
    line: int
    language: str
    text: str


@dataclass(frozen=True)
class Command:
    """One simple command: without the pipe that it stands in, without what it is redirected to."""

    block: Block
    words: tuple[str, ...]

    @property
    def program(self) -> str:
        """The name of the program, whatever folder it is in."""
        return self.words[0].rpartition("/")[2]

    def __str__(self) -> str:
        return f"{self.block.file}:{self.block.line}: {shlex.join(self.words)}"


def documents() -> list[Path]:
    """README, CONTRIBUTING, CHANGELOG and all pages of docs/."""
    return [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
    ]


def blocks(*languages: str) -> list[Block]:
    """All blocks of the documents, or those in these languages."""
    found = [block for path in documents() for block in _blocks_of(path)]
    return [block for block in found if not languages or block.language in languages]


def commands(block: Block) -> list[Command]:
    """The simple commands of a block of a shell, in their order."""
    return [Command(block, words) for line in _lines(block.text) for words in _simple_commands(line)]


def _blocks_of(path: Path) -> Iterator[Block]:
    language, begin, inside = None, 0, list[str]()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        fence = _FENCE.match(line)
        if fence and language is None:
            language, begin, inside = fence[1], number + 1, []
        elif fence:
            yield Block(str(path.relative_to(ROOT)), begin, language or "", dedent("\n".join(inside)) + "\n")
            language = None
        else:
            inside.append(line)


def _lines(text: str) -> list[str]:
    """The lines of a script, with those that go on (`\\`, or a pipe at the next line's begin) put together."""
    whole = re.sub(r"\\\n\s*", " ", text)
    return [line for line in re.sub(r"\n\s+(?=[|>])", " ", whole).splitlines() if line.strip()]


def _simple_commands(line: str) -> Iterator[tuple[str, ...]]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    words: list[str] = []
    tokens = iter(list(lexer))
    for token in tokens:
        if token in _OPERATORS:
            yield from _command_of(words)
            words = []
        elif token in _REDIRECTIONS:
            next(tokens)
        else:
            words.append(token)
    yield from _command_of(words)


def _command_of(words: list[str]) -> Iterator[tuple[str, ...]]:
    """The words of a command without the variables that are set for it; none if nothing is left."""
    begin = next((number for number, word in enumerate(words) if not _ASSIGNMENT.fullmatch(word)), len(words))
    if words[begin:]:
        yield tuple(words[begin:])
