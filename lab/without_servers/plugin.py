"""`--without-servers` for pytest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.without_servers.guard import Guard
from lab.without_servers.reach import Reach

MARK = "servers"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option of `make check`."""
    parser.addoption("--without-servers", action="store_true", help="only tests that start no server and no process")


def pytest_configure(config: pytest.Config) -> None:
    """Puts the guard up for the whole run."""
    if config.getoption("--without-servers"):
        config.pluginmanager.register(WithoutServers())


class WithoutServers:
    """Chooses the tests, and fails those that start something all the same."""

    def __init__(self) -> None:
        self._guard, self._reach = Guard(), Reach()

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leaves out what is known to start something."""
        left_out = [item for item in items if self._starts_something(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]

    def _starts_something(self, item: pytest.Item) -> bool:
        if item.get_closest_marker(MARK) or not isinstance(item, pytest.Function):
            return True
        definitions = item._fixtureinfo.name2fixturedefs
        fixtures = [definitions[name][-1].func for name in item.fixturenames if name in definitions]
        return any(map(self._reach.starts_something, [item.obj, *fixtures]))

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        """The guard is up for a test and its fixtures, and down between tests, when pytest's own parts may start."""
        self._guard.is_up = True
        yield
        self._guard.is_up = False

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Fails a test that tried."""
        if refused := self._guard.take_refused():
            pytest.fail(f"{'; '.join(refused)}. If it must, mark it pytest.mark.{MARK}.", pytrace=False)
