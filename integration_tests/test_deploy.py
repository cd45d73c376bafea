"""What runs the collector elsewhere is what Compose, Kubernetes and Prometheus take, and fits this collector."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from integration_tests.needed_program import needed
from lab.collect_command import COMMAND
from lab.documents import Command, blocks, commands
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
NAMESPACE = KUSTOMIZATION["namespace"]
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


def shown_for_kubectl() -> dict[str, Command]:
    """The commands of the documents, by what they do: `create namespace`, `create secret`, `apply`, `exec`."""
    shown = [command for block in blocks("sh") for command in commands(block) if command.program == "kubectl"]
    words = [[word for word in command.words[1:] if word not in {"-n", NAMESPACE}] for command in shown]
    return {" ".join(w[:2] if w[0] == "create" else w[:1]): command for w, command in zip(words, shown, strict=True)}


def kubectl(*words: str, folder: Path) -> list[Any]:
    """What kubectl makes of these words without a cluster; all of it is what Kubernetes takes."""
    program = needed("kubectl", "any from 1.29 on will do")
    environment = {"HOME": str(folder), "PATH": os.environ["PATH"]}
    done = subprocess.run([program, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = list(yaml.safe_load_all(done.stdout))
    for each in made:
        each["metadata"].pop("creationTimestamp", None)  # null, until the cluster knows it
        kubernetes_validate.validate(each, KUBERNETES_VERSION, strict=True)
    return made


def test_the_page_creates_the_secret_that_the_pods_mount(tmp_path: Path) -> None:
    names = {Path(name).name for name in secret_files(json.loads((KUBERNETES / "collector.json").read_text("utf-8")))}
    for name in names:
        (tmp_path / name).write_text(f"content of {name}", "utf-8")
    shown, dry = shown_for_kubectl(), ("--dry-run=client", "-o", "yaml")
    (namespace,) = kubectl(*shown["create namespace"].words[1:], *dry, folder=tmp_path)
    assert namespace["metadata"]["name"] == resource("namespace.yaml")["metadata"]["name"] == NAMESPACE
    (secret,) = kubectl(*shown["create secret"].words[1:], *dry, folder=tmp_path)
    (mounted,) = [volume["secret"]["secretName"] for volume in pod()["volumes"] if "secret" in volume]
    assert (secret["metadata"]["name"], secret["metadata"]["namespace"]) == (mounted, NAMESPACE)
    assert set(secret["data"]) == names


def test_what_the_page_applies_is_built_by_kubectl_and_names_what_is_there(tmp_path: Path) -> None:
    """`apply -k` builds the kustomization first, as `kustomize` does, and then asks the cluster."""
    shown = shown_for_kubectl()
    *_, folder = shown["apply"].words
    made = {each["kind"]: each for each in kubectl("kustomize", str(DEPLOY.parent / folder), folder=tmp_path)}
    assert len(made) == len(RESOURCES) + 1
    assert {each["metadata"].get("namespace", NAMESPACE) for each in made.values()} == {NAMESPACE}
    template = made["Deployment"]["spec"]["template"]["spec"]
    (mounted,) = [volume["configMap"]["name"] for volume in template["volumes"] if "configMap" in volume]
    assert mounted == made["ConfigMap"]["metadata"]["name"]
    assert template["containers"][0]["image"].endswith(f"mailjet-collector:{KUSTOMIZATION['images'][0]['newTag']}")
    assert f"deploy/{made['Deployment']['metadata']['name']}" in shown["exec"].words


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


def test_each_compose_command_of_the_page_has_the_variables_that_the_file_requires(tmp_path: Path) -> None:
    """Docker Compose takes no command, `exec` neither, while one is missing. Here a script is in its place."""
    required = set(re.findall(r"\$\{(\w+):\?", (DEPLOY / "compose.yaml").read_text("utf-8")))
    (block,) = [block for block in blocks("sh") if "docker compose" in block.text]
    for program in ("docker", "make"):
        (tmp_path / program).write_text('#!/bin/sh\necho "$0 $*" && env\n', "utf-8")
        (tmp_path / program).chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    done = subprocess.run(["bash", "-ec", block.text], env=environment, capture_output=True, text=True, check=True)
    _, *calls = done.stdout.split(f"{tmp_path}/docker compose ")
    assert len(calls) == 2
    assert all(required <= set(re.findall(r"^(\w+)=.", call, re.MULTILINE)) for call in calls)


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
