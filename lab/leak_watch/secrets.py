"""The keys that nobody may hear: those of the sandbox, and those in the configurations that a command is given."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from mailjet_sandbox.sandbox import API_KEY, API_KEY_SECRET
from mailjet_sandbox.segment_server import DEMO_WRITE_KEY

_SHORTEST = 8
"""Shorter keys, such as a write key "k" of a test, are part of other words."""

_CONFIG_OPTIONS = {"--config", "--source-config", "--destination-config"}


def secrets_of(config: Mapping[str, Any]) -> frozenset[str]:
    """The keys of a configuration, as they are and as HTTP Basic sends them."""
    key, secret, write_key = (str(config.get(name) or "") for name in ("api_key", "api_key_secret", "write_key"))
    found = (key, secret, write_key, _basic(key, secret), _basic(write_key, ""))
    return frozenset(text for text in found if len(text) >= _SHORTEST)


def _basic(user: str, password: str) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


SANDBOX_SECRETS = secrets_of({"api_key": API_KEY, "api_key_secret": API_KEY_SECRET, "write_key": DEMO_WRITE_KEY})


def secrets_in_files(words: Sequence[str]) -> frozenset[str]:
    """The keys in the configuration files that a command line names."""
    found: frozenset[str] = frozenset()
    for option, path in pairwise(words):
        if option in _CONFIG_OPTIONS:
            with suppress(OSError, ValueError):
                config = json.loads(Path(path).read_bytes())
                found |= secrets_of(config) if isinstance(config, dict) else frozenset()
    return found
