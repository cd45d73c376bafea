"""The keys that nobody may hear: those of the sandbox, and those in the configurations that a command is given."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

from mailjet_sandbox.sandbox import API_KEY, API_KEY_SECRET
from mailjet_sandbox.segment_server import DEMO_WRITE_KEY

_SHORTEST = 8
"""Shorter keys, such as a write key "k" of a test, are part of other words."""

_CONFIG_OPTIONS = {"--config", "--source-config", "--destination-config"}


_NAMES = ("name", "api_key", "api_key_secret", "write_key")


def secrets_of(config: object) -> frozenset[str]:
    """The keys and passwords of a configuration, in groups and lists too, as they are and as HTTP Basic sends them."""
    if isinstance(config, list):
        return frozenset[str]().union(*map(secrets_of, config))
    if not isinstance(config, Mapping):
        return frozenset()
    name, key, secret, write_key = (value if isinstance(value := config.get(word), str) else "" for word in _NAMES)
    found = [key, secret, write_key, _basic(key, secret), _basic(write_key, "")]
    for password in _texts(config.get("webhook_password")):
        found += [password, _basic(name, password)]
    ours = frozenset(text for text in found if len(text) >= _SHORTEST)
    return ours.union(*(secrets_of(inner) for inner in config.values()))


def _texts(value: object) -> list[str]:
    """A text, or the texts of a list."""
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


def _basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


SANDBOX_SECRETS = secrets_of({"api_key": API_KEY, "api_key_secret": API_KEY_SECRET, "write_key": DEMO_WRITE_KEY})


def secrets_in_files(words: Sequence[str]) -> frozenset[str]:
    """The keys in the configuration files that a command line names."""
    found: frozenset[str] = frozenset()
    for option, path in pairwise(words):
        if option in _CONFIG_OPTIONS:
            with suppress(OSError, ValueError):
                found |= secrets_of(json.loads(Path(path).read_bytes()))
    return found
