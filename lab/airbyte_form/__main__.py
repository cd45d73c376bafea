"""`python -m lab.airbyte_form FOLDER`: the form of each connector as a page, and once more with everything unfolded."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lab.airbyte_form.page import draw

ROOT = Path(__file__).parents[2]
SPECIFICATIONS = {
    "source-mailjet-segment": ROOT / "source_mailjet_segment" / "spec.json",
    "destination-segment": ROOT / "destination_segment" / "spec.json",
}


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, path in SPECIFICATIONS.items():
        specification = json.loads(path.read_text("utf-8"))["connectionSpecification"]
        (folder / f"{name}.html").write_text(draw(name, specification), "utf-8")
        (folder / f"{name}-unfolded.html").write_text(draw(name, specification, unfolded=True), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
