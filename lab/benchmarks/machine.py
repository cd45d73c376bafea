"""On what and with what was measured."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("mailjet-segment", "airbyte-cdk", "requests", "urllib3", "orjson", "uvicorn", "starlette", "dlt", "duckdb")


def describe_machine() -> Mapping[str, str]:
    """Processor, cores, memory, kernel, Python, and how busy the machine is at this moment."""
    return {
        "processor": _first("/proc/cpuinfo", "model name"),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(_first('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.0f} GiB",
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "load before": f"{os.getloadavg()[0]:.1f} (more than 0.5 means that other work disturbed the figures)",
    }


def describe_packages() -> Mapping[str, str]:
    """Versions of this project and of what decides its speed."""
    return {name: version(name) for name in _PACKAGES}


def _first(file: str, name: str) -> str:
    """The value of the first line `name: value` of one of the kernel's files, `unknown` without one."""
    lines = Path(file).read_text("utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "unknown")
