"""What others have for the same work, installed beside the project and run as processes.

- Airbyte's own Mailjet connector: the manifest of the package `airbyte-source-mailjet-mail`, run by the CDK's
  `source-declarative-manifest`, which is also what Airbyte's image of it does. Its base URL is fixed, so a copy of the
  manifest with another one is written for each run. The copy also spells `Limit` and `Offset` as Mailjet's reference
  does (the stand-in refuses parameters that it does not know) and may ask for larger pages; nothing else differs.
- Segment's own Python client, driven by `segment_client.py`.
- django-anymail's Mailjet webhook, in the Django project of `anymail_peer.py`, served by gunicorn.

The connector's package asks for a CDK of 2024 and Python below 3.12, so it is installed without its dependencies and
run by the CDK that this project runs on: the faster of the two, and the one on which a comparison is fair.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from lab.benchmarks.processes import Run, run

CONNECTOR = "airbyte-source-mailjet-mail==0.1.16"
CLIENT = "segment-analytics-python==2.4.0"
WEBHOOK = ("django==5.2.19", "django-anymail==15.2", "gunicorn==27.0.1")
DEFAULT_FOLDER = Path(__file__).parents[2] / ".venv-peers"

_PARAMETERS = {"limit": "Limit", "offset": "Offset"}
_DEFAULT_QUEUE = 10_000


@dataclass(frozen=True)
class Peers:
    """The peers in an environment of their own, whose interpreter is `python`."""

    python: Path

    def read_messages(
        self,
        mailjet_url: str,
        api_key: str,
        api_key_secret: str,
        folder: Path,
        *,
        page_size: int = 100,
        max_requests_per_second: int | None = None,
        limit_s: float = 600,
        reading_limit_s: float = 600,
        name: str = "airbyte-mailjet",
    ) -> Run:
        """Reads the stream `message` with Airbyte's connector, full refresh, without any enrichment.

        `mailjet_url` is an origin; `max_requests_per_second` sets the CDK's own budget. Files go to `folder`; the
        run's `stdout` holds the Airbyte messages.
        """
        stream = {"name": "message", "json_schema": {"type": "object"}, "supported_sync_modes": ["full_refresh"]}
        modes = {"sync_mode": "full_refresh", "destination_sync_mode": "append"}
        files = {
            "config": {"api_key": api_key, "api_key_secret": api_key_secret},
            "catalog": {"streams": [{"stream": stream, **modes}]},
            "manifest-path": self._manifest(mailjet_url, page_size, max_requests_per_second),
        }
        command: list[str | Path] = [self.python.parent / "source-declarative-manifest", "read"]
        for option, content in files.items():
            path = folder / f"{name}.{option}.json"
            path.write_text(json.dumps(content), "utf-8")
            command += [f"--{option}", path]
        return run(command, folder, name=name, limit_s=limit_s, reading_limit_s=reading_limit_s)

    def send(
        self,
        calls: Path,
        segment_url: str,
        write_key: str,
        folder: Path,
        *,
        queue_size: int = _DEFAULT_QUEUE,
        limit_s: float = 600,
        name: str = "segment-client",
    ) -> Run:
        """Sends track calls, one JSON object a line, with Segment's client as a program that loops over them does.

        The run's `stdout` is a `SegmentClientReport`. With `queue_size=0` the queue has no bound and nothing is lost
        to it.
        """
        script = Path(__file__).with_name("segment_client.py")
        command: list[str | Path] = [self.python, script, calls, segment_url, write_key, str(queue_size)]
        return run(command, folder, name=name, limit_s=limit_s)

    def versions(self) -> dict[str, str]:
        """Each peer's package and version, and the CDK's."""
        names = ("airbyte-source-mailjet-mail", "airbyte-cdk", "segment-analytics-python", "django-anymail", "django")
        code = f"import importlib.metadata as m, json; print(json.dumps({{n: m.version(n) for n in {names}}}))"
        return dict(json.loads(self._ask(code)))

    def _manifest(self, mailjet_url: str, page_size: int, max_requests_per_second: int | None) -> dict[str, Any]:
        """The installed package's manifest, turned to another address; with a budget where one is set."""
        code = "import importlib.metadata as m; print(m.distribution('airbyte-source-mailjet-mail').locate_file('.'))"
        installed = Path(self._ask(code).strip()) / "source_mailjet_mail" / "manifest.yaml"
        manifest: dict[str, Any] = yaml.safe_load(installed.read_text("utf-8"))
        requester = manifest["definitions"]["base_requester"]
        requester["url_base"] = requester["url_base"].replace("https://api.mailjet.com", mailjet_url)
        for stream in manifest["definitions"]["streams"].values():
            if paginator := stream["retriever"].get("paginator"):
                paginator["pagination_strategy"]["page_size"] = page_size
                for option in ("page_token_option", "page_size_option"):
                    paginator[option]["field_name"] = _PARAMETERS[paginator[option]["field_name"]]
        if max_requests_per_second:
            rate = {"type": "Rate", "limit": max_requests_per_second, "interval": "PT1S"}
            policy = {"type": "MovingWindowCallRatePolicy", "rates": [rate], "matchers": []}
            manifest["api_budget"] = {"type": "HTTPAPIBudget", "policies": [policy]}
        return manifest

    def _ask(self, code: str) -> str:
        return subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=True).stdout


@dataclass(frozen=True)
class SegmentClientReport:
    """What Segment's client did with the calls; `seconds` from the first call until the client was shut down."""

    calls: int
    refused: int
    """Calls that found the queue full; the client drops them and logs a warning."""
    seconds: float

    @classmethod
    def of(cls, done: Run) -> SegmentClientReport:
        """Reads the report of a run that ended well."""
        return cls(**json.loads(done.stdout.read_text("utf-8")))


def install(folder: Path = DEFAULT_FOLDER) -> Peers:
    """Installs the peers into a virtual environment in `folder`, once; raises `SystemExit` where pip fails."""
    peers = Peers(folder.absolute() / "bin" / "python")
    wanted = [f"airbyte-cdk=={version('airbyte-cdk')}", CLIENT, *WEBHOOK, CONNECTOR]
    done = folder / "installed"
    if done.exists() and done.read_text("utf-8").split() == wanted:
        return peers
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    pip: list[str | Path] = [peers.python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    for packages in (wanted[:-1], ["--no-deps", "--ignore-requires-python", CONNECTOR]):
        if subprocess.run([*pip, *packages]).returncode:
            sys.exit(f"The peers could not be installed: pip failed for {' '.join(packages)}.")
    done.write_text("\n".join(wanted), "utf-8")
    return peers


def main() -> None:
    """Installs the peers and says which they are."""
    parser = argparse.ArgumentParser(description="Installs the peers that the benchmark compares with.")
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER)
    for name, installed in install(parser.parse_args().folder).versions().items():
        print(name, installed)


if __name__ == "__main__":
    main()
