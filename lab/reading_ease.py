"""How the code reads, in figures: density of branches and comprehensions, comments, and the words of its docstrings.

`python -m lab.reading_ease FOLDER...` prints a row for each folder; another checkout gives the figures of another day.
The figures judge nobody: they show where somebody should look.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DOCUMENTED = (ast.Module, ast.ClassDef, *FUNCTIONS)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
BRANCHES = (ast.If, ast.IfExp, ast.For, ast.While, ast.ExceptHandler, ast.comprehension, ast.match_case, ast.Assert)
WORDS = ("if", "when", "what", "where")


@dataclass
class Figures:
    """Counts over all files of a folder."""

    functions: int = 0
    body_lines: int = 0
    branches: int = 0
    statements: int = 0
    comprehensions: int = 0
    lines: int = 0
    comments: int = 0
    words: int = 0
    found: Counter[str] = field(default_factory=Counter)
    complexities: list[int] = field(default_factory=list)

    def row(self, name: str) -> str:
        """The figures as a row of a Markdown table."""
        shares = [f"{1000 * self.found[word] / max(1, self.words):.1f}" for word in WORDS]
        hard = sum(complexity > MOST_COMPLEX for complexity in self.complexities)
        cells = [
            name,
            f"{self.branches / max(1, self.body_lines):.2f}",
            f"{100 * self.comprehensions / max(1, self.statements):.1f}",
            f"{100 * self.comments / max(1, self.lines):.1f}",
            f"{hard}",
            *shares,
        ]
        return f"| {' | '.join(cells)} |"


MOST_COMPLEX = 10
"""Cyclomatic complexity above which a function is counted as hard (McCabe's own figure)."""
HEAD = (
    "| folder | branches a body line | comprehensions in 100 statements | comments in 100 lines | "
    f"functions more complex than {MOST_COMPLEX} | {' | '.join(WORDS)} (in 1,000 words of docstrings) |\n"
    f"|{'---|' * (5 + len(WORDS))}"
)


def main() -> None:
    """Prints a table of the folders that the arguments name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    print(f"{HEAD}  <- words: in 1,000 words of docstrings")
    for folder in parser.parse_args().folders:
        print(measure(folder).row(folder.name))


def measure(folder: Path) -> Figures:
    """The figures of all modules below a folder, tests left out."""
    figures = Figures()
    for path in sorted(folder.rglob("*.py")):
        if not {"tests", "unit_tests", "integration_tests"} & set(path.parts):
            add(figures, path.read_text("utf-8"))
    return figures


def add(figures: Figures, source: str) -> None:
    """Adds the figures of one module."""
    tree = ast.parse(source)
    figures.lines += sum(1 for line in source.splitlines() if line.strip())
    figures.comments += sum(1 for token in tokens(source) if token.type == tokenize.COMMENT)
    figures.statements += sum(isinstance(node, ast.stmt) for node in ast.walk(tree))
    figures.comprehensions += sum(isinstance(node, COMPREHENSIONS) for node in ast.walk(tree))
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            add_function(figures, node)
        if isinstance(node, DOCUMENTED):
            words = re.findall(r"[a-z']+", (ast.get_docstring(node) or "").lower())
            figures.words += len(words)
            figures.found.update(word for word in words if word in WORDS)


def add_function(figures: Figures, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Adds the size and the branches of one function; those of a function inside it are its own."""
    inside = [inner for statement in node.body for inner in walk_inside(statement)]
    branches = sum(isinstance(inner, BRANCHES) for inner in inside)
    branches += sum(len(inner.values) - 1 for inner in inside if isinstance(inner, ast.BoolOp))
    figures.functions += 1
    figures.body_lines += len({inner.lineno for inner in inside if isinstance(inner, (ast.stmt, ast.expr))})
    figures.branches += branches
    figures.complexities.append(branches + 1)


def walk_inside(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below it, but for the bodies of functions and classes inside it."""
    yield node
    if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        for child in ast.iter_child_nodes(node):
            yield from walk_inside(child)


def tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    """The tokens of a module."""
    return tokenize.generate_tokens(io.StringIO(source).readline)


if __name__ == "__main__":
    main()
