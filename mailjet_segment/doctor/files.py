"""The configuration files: whether they hold, and who may read the keys in them."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

from mailjet_collector.config import CollectorConfig, read_config
from mailjet_reading.config import Config
from mailjet_segment.configurations import DESTINATION_VARIABLES, add_keys, read_configurations
from mailjet_segment.doctor.examination import Examination
from mailjet_segment.sync.plan import Segment, plan_segment
from program.failure import Failure
from program.json_file import read_object
from source_mailjet_segment.config import parse_config


def read_sources(paths: list[Path], found: Examination) -> list[Config]:
    """The accounts of the files that hold."""
    accounts = []
    for path in paths:
        _look_at_mode(path, found)
        try:
            (raw,) = read_configurations([path], None).sources
            accounts.append(parse_config(raw))
        except Failure as error:
            found.find("config-wrong", error.sentence)
    return accounts


def read_segment(path: Path, found: Examination) -> Segment | None:
    """Segment as the destination's file names it; None if the file does not hold."""
    _look_at_mode(path, found)
    try:
        raw: dict[str, Any] = read_object("destination-config", str(path))
        add_keys(raw, DESTINATION_VARIABLES, os.environ)
        return plan_segment(raw)
    except Failure as error:
        found.find("config-wrong", f"{path}: {error.sentence}")
        return None


def read_collector(path: Path, found: Examination) -> CollectorConfig | None:
    """The collector's configuration; None if it does not hold."""
    _look_at_mode(path, found)
    try:
        return read_config(path)
    except Failure as error:
        found.find("config-wrong", f"{path}: {error.sentence}")
        return None


def _look_at_mode(path: Path, found: Examination) -> None:
    """Whether others than the owner may read the file."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return  # whoever reads it says so
    if mode & 0o044:
        found.find("config-open", f"Other users of this machine may read {path} (mode {mode:o}).")
