"""An Airbyte destination of a few lines, for tests: it writes records to a file and echoes states.

`ledger` is that file; `die_after` so many records it is gone without a word, or with `why`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    command, options = sys.argv[1], dict(zip(sys.argv[2::2], sys.argv[3::2], strict=True))
    if command == "write":
        write(json.loads(Path(options["--config"]).read_text("utf-8")))


def write(config: dict[str, Any]) -> None:
    count = 0
    with open(config["ledger"], "a", encoding="utf-8") as ledger:
        for line in sys.stdin:
            message = json.loads(line)
            if message["type"] == "STATE":
                ledger.flush()
                print(line, end="", flush=True)
            elif message["type"] == "RECORD":
                if count == config.get("die_after"):
                    ledger.flush()
                    die(config.get("why"))
                count += 1
                print(json.dumps(message["record"]["data"]), file=ledger)
    log = {"level": "INFO", "message": f"Segment accepted {count} events."}
    print(json.dumps({"type": "LOG", "log": log}), flush=True)


def die(why: str | None) -> None:
    if why:
        error = {"message": why, "failure_type": "system_error"}
        print(json.dumps({"type": "TRACE", "trace": {"type": "ERROR", "emitted_at": 1, "error": error}}), flush=True)
    os._exit(1)


if __name__ == "__main__":
    main()
