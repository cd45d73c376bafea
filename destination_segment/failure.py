"""A sync that fails, as the platform and its user are told."""

from __future__ import annotations

from typing import Literal

Kind = Literal["config_error", "system_error", "transient_error"]
"""Airbyte's words for whom it concerns: the user, whoever runs this, or nobody, since trying again may help."""


class SyncFailed(Exception):
    """One clear sentence for the user, and the kind of failure."""

    def __init__(self, sentence: str, kind: Kind = "system_error") -> None:
        super().__init__(sentence)
        self.sentence, self.kind = sentence, kind
