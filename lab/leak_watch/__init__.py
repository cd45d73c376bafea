"""Nobody's key and nobody's address in anything that a connector says: listened for in every test of the suite.

`plugin` puts it in force, for the root `conftest.py` names it. A test in which a key or a person is heard fails,
whatever the test is about; `unit_tests/test_leak_watch.py` shows that it does. Read `plugin` first, then `watch`, which
keeps what was heard; `leaks` says what counts as a leak, `secrets` which keys there are, `commands` whom to listen to,
and `pipe` how.
"""
