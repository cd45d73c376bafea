"""The programs among the recipes as files: `python -m lab.recipes FOLDER` writes `mailjet_airflow.py` and so on.

`make recipes` then imports each where the packages that it needs are installed.
"""

from __future__ import annotations

import sys
from pathlib import Path

from lab.documents import blocks


def write_programs(folder: Path) -> list[Path]:
    """The program of each page of the recipes that shows one."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for block in blocks("python"):
        page = Path(block.file)
        if page.parent.name == "recipes":
            written.append(folder / f"mailjet_{page.stem}.py")
            written[-1].write_text(block.text, "utf-8")
    return written


if __name__ == "__main__":
    print(*write_programs(Path(sys.argv[1])), sep="\n")
