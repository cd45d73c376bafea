"""One word for one thing: retired words are no identifiers (`docs/design.md`, glossary)."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
TESTS = ("integration_tests", "unit_tests")

RETIRED = {"one", "own", "around", "told", "asked", "some", "left", "each"}
"""Adjectives, participles and pronouns in a noun's place: no name consists of one alone."""
RETIRED_PARTS = {"happening", "happenings"}
"""In no name at all: it is an event."""

DEFINED_ONCE = {"parse_state", "parse_message"}
"""Whose state, which message? Two of one name would need a second look each time."""

MESSAGE_ID_IS_RIGHT = {
    "destination_segment/config.py",
    "destination_segment/mapped.py",
    "lab/benchmarks/anymail_peer.py",
}
"""`message_id` is a key of the configuration of `mapped`, and a peer's word. Else it is `event_id` or `email_id`."""


def _modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def _defined(module: Path) -> Iterator[str]:
    """The names that a module gives: its own, and those of functions, classes, arguments, variables and attributes."""
    yield module.stem
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.asname or ""


def _named_for_others(module: Path) -> Iterator[str]:
    """Of these names, those that other lines have to know: not the variables of a function and of its loops."""
    tree = ast.parse(module.read_text("utf-8"))
    yield module.stem
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from (argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg))
    for node in tree.body:
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (target.id for target in targets if isinstance(target, ast.Name))


def _is_retired(name: str) -> bool:
    plain = name.strip("_").lower()
    return plain in RETIRED or bool(RETIRED_PARTS & set(plain.split("_")))


def _retired(folder: str, names_of: Callable[[Path], Iterator[str]]) -> list[str]:
    return sorted(
        {
            f"{module.relative_to(ROOT)}: {name}"
            for module in _modules(folder)
            for name in names_of(module)
            if _is_retired(name)
        }
    )


@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_is_a_retired_word(package: str) -> None:
    assert not _retired(package, _defined)


@pytest.mark.parametrize("folder", TESTS)
def test_no_function_argument_or_constant_of_the_tests_is_a_retired_word(folder: str) -> None:
    assert not _retired(folder, _named_for_others)


def test_each_parser_has_a_name_for_itself() -> None:
    names = Counter(
        name
        for package in PACKAGES
        for module in _modules(package)
        for name in _defined(module)
        if name in DEFINED_ONCE
    )
    assert not [name for name, count in names.items() if count > 1]


@pytest.mark.parametrize("package", PACKAGES)
def test_mailjets_number_and_our_id_are_not_called_message_id(package: str) -> None:
    named = {str(module.relative_to(ROOT)) for module in _modules(package) if "message_id" in set(_defined(module))}
    assert named <= MESSAGE_ID_IS_RIGHT
