"""Records the DuckDB file that `sync` of release 0.1.0 leaves: `python -m unit_tests.releases.record_database C`.

C is that release's `mailjet-segment`, installed with PyAirbyte. The account is that of `record.py`, half-way; some
of its events are not accepted by Segment yet. The file is kept compressed.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from mailjet_sandbox.faults import Fault, status
from mailjet_sandbox.rates import Rates
from mailjet_sandbox.sandbox import Sandbox
from unit_tests.releases.record import ACCOUNT, FIELDS

HERE = Path(__file__).parent


def record(command: str) -> None:
    """Runs two syncs a day apart. Segment is down in the second."""
    with tempfile.TemporaryDirectory() as name, Sandbox(**{**ACCOUNT, "rates": Rates(**ACCOUNT["rates"])}) as sandbox:
        folder = Path(name)
        source = {"api_key": sandbox.api_key, "api_key_secret": sandbox.api_key_secret, "api_url": sandbox.mailjet_url}
        region = {"location": "other", "api_url": sandbox.segment_url}
        (folder / "source.json").write_text(json.dumps({**source, **FIELDS}))
        (folder / "destination.json").write_text(json.dumps({"write_key": sandbox.write_key, "region": region}))
        words = [command, "sync", "--source-config", "source.json", "--destination-config", "destination.json"]
        subprocess.run(words, cwd=folder, check=True)
        sandbox.now += timedelta(days=1)
        sandbox.set_segment_faults(Fault("batch", status(401), times=None))
        subprocess.run(words, cwd=folder, check=False)
        target = HERE / "0.1.0" / "mailjet.duckdb.gz"
        target.write_bytes(gzip.compress((folder / "mailjet.duckdb").read_bytes(), mtime=0))
        print(f"{target}: {target.stat().st_size:,} bytes; Segment had accepted {sandbox.segment.accepted}")


if __name__ == "__main__":
    record(sys.argv[1])
