"""docker-compose.yml and what belongs to it, checked without a Docker engine."""

import json
import re
import shutil
import stat
import subprocess
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest
import yaml
from jsonschema import Draft202012Validator

from services import cli
from tenants import settings
from tenants.jobs.model import Queue
from tenants.settings import Settings

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / "docker-compose.yml"
SECRET_SETTINGS = re.compile(r"DATABASE_|MASTER_KEY|REDIS_URL|_KEY|PASSWORD")


class Healthcheck(msgspec.Struct):
    test: list[str] = []
    disable: bool = False


class Service(msgspec.Struct):
    image: str
    user: str
    read_only: bool
    init: bool
    cap_drop: list[str]
    security_opt: list[str]
    networks: list[str]
    restart: str
    healthcheck: Healthcheck
    command: list[str] = []
    environment: dict[str, str] = {}
    secrets: list[str] = []
    ports: list[str] = []


class Compose(msgspec.Struct):
    services: dict[str, Service]
    secrets: dict[str, dict[str, str]]


COMPOSE = msgspec.convert(yaml.safe_load(FILE.read_text()), Compose)
OURS = {name: service for name, service in COMPOSE.services.items() if service.image.startswith("seloste:")}
each_service = pytest.mark.parametrize("name", COMPOSE.services)
each_of_ours = pytest.mark.parametrize("name", OURS)


def test_the_file_follows_the_compose_schema() -> None:
    schema = json.loads((files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json").read_text())
    faults = Draft202012Validator(schema).iter_errors(yaml.safe_load(FILE.read_text()))
    assert [f"{fault.json_path}: {fault.message}" for fault in faults] == []


@each_service
def test_no_service_runs_as_root_or_writes_to_its_image(name: str) -> None:
    service = COMPOSE.services[name]
    assert service.user.split(":")[0] not in ("0", "root")
    assert service.read_only
    assert service.cap_drop == ["ALL"]
    assert service.security_opt == ["no-new-privileges:true"]


@each_service
def test_no_child_of_a_service_stays_behind(name: str) -> None:
    assert COMPOSE.services[name].init


def test_the_figures_of_the_queue_are_given_by_the_one_that_may_see_it() -> None:
    giving = {name for name, service in OURS.items() if "SELOSTE_METRICS_PORT" in service.environment}
    seeing = {name for name, service in OURS.items() if "database_relay" in service.secrets}
    assert giving == {"relay"}
    assert "api" not in seeing


@each_service
def test_every_service_that_stays_is_watched(name: str) -> None:
    service = COMPOSE.services[name]
    runs_once = service.restart == "no"
    assert service.healthcheck.disable == runs_once
    assert bool(service.healthcheck.test) != runs_once


@each_service
def test_only_the_api_is_reached_from_outside_and_only_from_this_machine(name: str) -> None:
    assert COMPOSE.services[name].ports == (["127.0.0.1:8000:8000"] if name == "api" else [])


@each_of_ours
def test_every_variable_is_a_setting(name: str) -> None:
    known = {settings.PREFIX + field.upper() for field in Settings.__struct_fields__}
    assert {variable.removesuffix("_FILE") for variable in OURS[name].environment} <= known


@each_of_ours
def test_secrets_come_by_file_and_nobody_gets_one_that_it_does_not_use(name: str) -> None:
    service = OURS[name]
    plain = {variable for variable, value in service.environment.items() if not value.startswith("/run/secrets/")}
    assert not [variable for variable in plain if SECRET_SETTINGS.search(variable)]
    used = {value for value in service.environment.values() if value.startswith("/run/secrets/")}
    assert used == {f"/run/secrets/{secret}" for secret in service.secrets}


@each_of_ours
def test_every_command_exists(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([OURS[name].command[0], "--help"])
    assert ended.value.code == 0
    assert "usage: seloste" in capsys.readouterr().out


def test_the_workers_share_all_queues() -> None:
    queues = [service.command[2] for service in OURS.values() if service.command[0] == "work"]
    assert sorted(",".join(queues).split(",")) == sorted(Queue)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of secrets as the script makes it."""
    project = tmp_path_factory.mktemp("deployment")
    script = project / "infra" / "docker" / "make-secrets.sh"
    script.parent.mkdir(parents=True)
    shutil.copy(PROJECT / "infra" / "docker" / "make-secrets.sh", script)
    subprocess.run([script], check=True, capture_output=True)
    again = subprocess.run([script], check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert "exists already" in again.stderr
    return project / "secrets"


def test_the_script_makes_every_secret_and_no_other(made: Path) -> None:
    assert {f"./secrets/{file.name}" for file in made.iterdir()} == {each["file"] for each in COMPOSE.secrets.values()}
    assert stat.S_IMODE(made.stat().st_mode) == 0o700


@each_of_ours
def test_the_settings_of_every_process_can_be_read_from_the_made_files(made: Path, name: str) -> None:
    environment = {
        variable: value.replace("/run/secrets", str(made))
        for variable, value in OURS[name].environment.items()
        if not value.startswith("${")
    }
    read = settings.read(environment)
    if f"{settings.PREFIX}MASTER_KEY_FILE" in environment:
        assert len(read.master_secret()) == 32


def test_what_the_made_secrets_say_of_each_other_agrees(made: Path) -> None:
    content = {file.name: file.read_text() for file in made.iterdir()}
    assert content["redis_url"] == f"redis://:{content['redis_conf'].removeprefix('requirepass ')}@redis:6379/0"
    assert content["database_admin"] == f"postgresql://postgres:{content['postgres_password']}@postgres:5432/postgres"
    assert re.fullmatch(r"GK[0-9a-f]{24}", content["s3_access_key"])
    passwords = [value for name, value in content.items() if name.startswith("database_")]
    assert len(set(passwords)) == len(passwords) == 9


def test_the_image_installs_what_the_tests_have_tried() -> None:
    tried, installed = (_pins(PROJECT / path) for path in ("requirements.lock", "infra/docker/requirements.lock"))
    assert installed
    assert installed.items() <= tried.items()


def _pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9._-]+)==([^ ]+)", lock.read_text(), re.MULTILINE))
