"""Dockerfile and compose file: nobody is root, nothing is written but what must be, health is looked at, no secrets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from palermo.corpora.settings import Settings
from palermo.service.cli import group

ROOT = Path(__file__).parent.parent
COMPOSE = ROOT / "service/deploy/compose.yaml"
TEXT = COMPOSE.read_text(encoding="utf-8")
SERVICES: dict[str, Any] = yaml.safe_load(TEXT)["services"]
OURS = ("service", "worker")


def stages() -> list[list[tuple[str, str]]]:
    """The instructions of each stage of the Dockerfile."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text(encoding="utf-8"))
    found: list[list[tuple[str, str]]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.strip().partition(" ")
        if name == "FROM":
            found.append([])
        found[-1].append((name, rest.strip()))
    return found


def last(name: str) -> str:
    return [rest for instruction, rest in stages()[-1] if instruction == name][-1]


def test_the_image_runs_as_nobody_special_and_writes_to_its_volume_only() -> None:
    made = next(rest for name, rest in stages()[-1] if name == "RUN" and "useradd" in rest)
    assert "--uid 10001" in made
    assert last("USER") == "palermo"
    after = [name for name, _ in stages()[-1]]
    assert "RUN" not in after[after.index("USER") :]
    assert last("VOLUME") == "/data"
    assert "PALERMO_DATA_DIR=/data" in last("ENV")
    assert "PYTHONDONTWRITEBYTECODE=1" in last("ENV")


def test_the_image_is_looked_after_and_stopped_by_its_own_process() -> None:
    assert "/healthz" in last("HEALTHCHECK")
    # In the form of a list the command is the first process and gets SIGTERM itself; a shell would keep it.
    assert last("CMD").startswith('["palermo", "serve"')


def test_the_image_takes_only_what_is_installed() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored[0] == "*"
    assert "!tests" not in ignored
    assert "service/deploy/secrets" in ignored
    assert not [rest for name, rest in stages()[-1] if name == "COPY" and not rest.startswith("--from=build ")]


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] not in {"root", "0"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert not service.get("privileged")
    assert not [volume for volume in service.get("volumes", []) if "docker.sock" in volume or volume.startswith("/")]


def test_only_the_service_is_reached_and_only_from_this_machine() -> None:
    assert {name: service["ports"] for name, service in SERVICES.items() if "ports" in service} == {
        "service": ["127.0.0.1:8000:8000"]
    }
    assert SERVICES["service"]["environment"]["PALERMO_ACCOUNTS"] == "on"
    assert yaml.safe_load(TEXT)["networks"]["inside"]["internal"] is True


def test_no_secret_is_in_the_file_or_in_a_variable() -> None:
    for service in SERVICES.values():
        for name in service.get("environment", {}):
            assert name.endswith("_FILE") or not re.search("PASSWORD|TOKEN|URL|SECRET", name), name
    assert not [line for line in TEXT.splitlines() if "://" in line and "@" in line and not line.startswith("#")]
    for secret in yaml.safe_load(TEXT)["secrets"].values():
        assert secret["file"].startswith("secrets/")
    assert "/service/deploy/secrets/" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


@pytest.mark.parametrize("name", OURS)
def test_settings_and_options_in_the_file_exist(name: str) -> None:
    service = SERVICES[name]
    known = {f"PALERMO_{field.upper()}" for field in Settings.model_fields}
    assert set(service["environment"]) <= known
    assert {f"palermo_{field}" for field in Settings.model_fields} >= set(service["secrets"])
    for word in service.get("command", [])[1:2]:
        import click

        command = group.get_command(click.Context(group), word)  # type: ignore[attr-defined]
        assert command is not None
        options = {one for param in command.params for one in param.opts}
        assert {one for one in service["command"] if one.startswith("--")} <= options


def test_a_stop_is_given_the_time_that_it_needs() -> None:
    seconds = Settings().stop_seconds
    for name in OURS:
        assert float(SERVICES[name]["stop_grace_period"].removesuffix("s")) > 2 * seconds


def test_a_secret_in_a_file_is_a_setting(tmp_path: Path) -> None:
    (tmp_path / "palermo_database_url").write_text("postgresql://palermo:hidden@db/palermo\n", encoding="utf-8")
    found = Settings(_secrets_dir=tmp_path)  # type: ignore[call-arg]
    assert found.database_url is not None
    assert found.database_url.get_secret_value() == "postgresql://palermo:hidden@db/palermo"
    assert "hidden" not in repr(found)
