"""What a module imports, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent


def modules_of(package: str) -> list[Path]:
    """The modules of a package, those of its folders too."""
    found = sorted((ROOT / package).rglob("*.py"))
    assert found, f"{package} has no modules"
    return found


def imported_modules(module: Path) -> Iterator[str]:
    """The dotted names that a module imports anywhere in it; of a relative import, the package that it is in."""
    for node in ast.walk(ast.parse(module.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "") if not node.level else module.relative_to(ROOT).parts[0]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("import_module", "__import__")):
            assert isinstance(node.args[0], ast.Constant), f"{module} imports a module whose name is computed"
            yield str(node.args[0].value)


def imported_packages(module: Path) -> set[str]:
    """The same, by their top-level names."""
    return {name.partition(".")[0] for name in imported_modules(module)}


def packages_behind(*packages: str) -> set[str]:
    """These packages of ours, and all of ours that they import, directly or not."""
    ours, found, waiting = {path.parent.name for path in ROOT.glob("*/__init__.py")}, set[str](), set(packages)
    while waiting:
        found |= waiting
        waiting = {name for package in waiting for module in modules_of(package) for name in imported_packages(module)}
        waiting = (waiting & ours) - found
    return found
