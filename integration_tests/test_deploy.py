"""What runs the collector elsewhere is what Compose, Kubernetes and Prometheus take, and fits this collector."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from lab.collect_command import COMMAND
from mailjet_collector.collector import ALL_S, Places
from mailjet_collector.config import read_config
from mailjet_collector.metrics import Metrics
from segment_events.kinds import KINDS
from unit_tests.mailjet_collector.running import running_collector

DEPLOY = Path(__file__).parent.parent / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
KUSTOMIZATION: Mapping[str, Any] = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text("utf-8"))
KUBERNETES_VERSION = "1.31"
"""The oldest that has all that is used (`preStop.sleep` since 1.30)."""
RESOURCES: list[str] = KUSTOMIZATION["resources"]


def resource(name: str) -> Any:
    return yaml.safe_load((KUBERNETES / name).read_text("utf-8"))


def pod() -> Any:
    return resource("deployment.yaml")["spec"]["template"]["spec"]


def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def container() -> Any:
    (only,) = pod()["containers"]
    return only


def secret_files(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (
            [value["file"]] if "file" in value else (name for inner in value.values() for name in secret_files(inner))
        )
    elif isinstance(value, list):
        yield from (name for inner in value for name in secret_files(inner))


@pytest.mark.parametrize("name", RESOURCES)
def test_every_resource_is_what_kubernetes_takes(name: str) -> None:
    kubernetes_validate.validate(resource(name), KUBERNETES_VERSION, strict=True)


def test_kustomize_names_every_file() -> None:
    named = {*RESOURCES, *KUSTOMIZATION["configMapGenerator"][0]["files"], "kustomization.yaml"}
    assert {file.name for file in KUBERNETES.iterdir()} == named


def test_the_pods_run_the_collector_with_no_more_rights_than_it_needs() -> None:
    (container,) = pod()["containers"]
    assert container["image"] == KUSTOMIZATION["images"][0]["name"] == "mailjet-collector"
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert pod()["securityContext"]["runAsNonRoot"]
    assert resource("deployment.yaml")["spec"]["replicas"] == 2


def test_ports_and_labels_fit_each_other() -> None:
    ports = {port["name"] for port in pod()["containers"][0]["ports"]}
    assert resource("service.yaml")["spec"]["ports"][0]["targetPort"] in ports
    labels = resource("deployment.yaml")["spec"]["template"]["metadata"]["labels"]
    assert resource("service.yaml")["spec"]["selector"] == labels
    assert resource("disruption-budget.yaml")["spec"]["selector"]["matchLabels"] == labels
    policy = resource("network-policy.yaml")["spec"]
    assert policy["podSelector"]["matchLabels"] == labels
    assert {port["port"] for rule in policy["ingress"] for port in rule["ports"]} == ports


@pytest.mark.parametrize("folder", [DEPLOY, KUBERNETES], ids=["compose", "kubernetes"])
def test_the_configuration_is_one_that_the_collector_takes(folder: Path, tmp_path: Path) -> None:
    text = (folder / "collector.json").read_text("utf-8")
    for name in secret_files(json.loads(text)):
        secret = tmp_path / Path(name).name
        secret.write_text("postgresql:///events" if secret.name == "store" else "a-secret-of-16-or-more", "utf-8")
    config = tmp_path / "collector.json"
    config.write_text(text.replace("/run/secrets/", f"{tmp_path}/"), "utf-8")
    read = read_config(config)
    assert [account.name for account in read.accounts] == ["main"]
    assert resource("ingress.yaml")["spec"]["rules"][0]["host"] in (read.public_url or "")


def test_compose_takes_its_file() -> None:
    file = DEPLOY / "compose.yaml"
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    checked = subprocess.run(check, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_compose_gives_the_collector_the_secrets_that_its_configuration_names() -> None:
    services = compose()["services"]
    named = set(secret_files(json.loads((DEPLOY / "collector.json").read_text("utf-8"))))
    assert {f"/run/secrets/{name}" for name in services["collector"]["secrets"]} == named


@pytest.mark.parametrize("words", [compose()["services"]["collector"]["command"], container()["args"]])
def test_the_collector_takes_the_words_that_start_it(words: list[str]) -> None:
    """Exit code 2 would be a wrong command line; the configuration is not there, which is 1 and a sentence."""
    done = subprocess.run([*COMMAND, "collect", *words], capture_output=True, text=True, check=False)
    assert (done.returncode, words[0]) == (1, "--config")
    assert words[1] in done.stderr


def test_the_configuration_lies_where_the_collector_looks_for_it() -> None:
    services, args = compose()["services"], container()["args"]
    (given,) = services["collector"]["configs"]
    assert given["target"] == services["collector"]["command"][1]
    mounts = {mount["name"]: mount["mountPath"] for mount in container()["volumeMounts"]}
    (name,) = KUSTOMIZATION["configMapGenerator"][0]["files"]
    assert f"{mounts['configuration']}/{name}" == args[1]
    (folder,) = {str(Path(name).parent) for name in secret_files(json.loads((KUBERNETES / name).read_text("utf-8")))}
    assert mounts["secrets"] == folder


def test_ports_and_paths_are_those_of_the_collector(tmp_path: Path) -> None:
    usual = Places()
    ports = {port["name"]: port["containerPort"] for port in container()["ports"]}
    assert ports == {"posts": usual.port, "admin": usual.admin_port}
    annotations = resource("deployment.yaml")["spec"]["template"]["metadata"]["annotations"]
    assert annotations["prometheus.io/port"] == str(usual.admin_port)
    probes = [container()[f"{name}Probe"]["httpGet"] for name in ("startup", "liveness", "readiness")]
    assert {probe["port"] for probe in probes} == {"admin"}
    caddy = (DEPLOY / "Caddyfile").read_text("utf-8")
    assert f"reverse_proxy collector:{usual.port} " in caddy
    (path,) = re.findall(r"health_uri (\S+)", caddy)
    with running_collector(f"sqlite:///{tmp_path}/events.db") as running:
        assert [running.admin(probe["path"]).status for probe in probes] == [200, 200, 200]
        assert running.ask("GET", path).status == 200


def test_the_collector_has_time_to_end() -> None:
    waits_s = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod()["terminationGracePeriodSeconds"] > waits_s + ALL_S
    assert int(compose()["services"]["collector"]["stop_grace_period"].removesuffix("s")) > ALL_S


def test_alerts_ask_for_metrics_that_there_are() -> None:
    metrics = Metrics()
    metrics.account("main")
    metrics.count_post("main", 503)
    text = metrics.text().decode()
    rules = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text("utf-8"))["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules) > len(KINDS)
    for rule in rules:
        (name,) = re.findall(r"mailjet_collector_\w+", rule["expr"])
        assert re.search(rf"^{name}[{{ ]", text, re.MULTILINE), rule["alert"]
        assert {"summary", "description"} <= rule["annotations"].keys()
