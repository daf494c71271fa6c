"""Every key is read, the repo's own hosts.yml is right, and the schema that editors use says what the models say."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.make import reference
from docs.make.schema import schema, text
from tasks.config.inventory import PROJECT, load
from tasks.config.models import Address, App, Drain, Environment, HealthCheck, PersistentLink, PhpRequest, RuntimeFile, Settings
from tasks.config.section import keys_of
from tasks.config.service import RunService, SupervisorService, SystemdService

COMPLETE = Path(__file__).with_name("complete.yml")


def test_every_key_is_read() -> None:
    assert load(COMPLETE).environment("prod") == Environment(
        name="prod",
        addresses=(
            Address(host="web1.example.com"),
            Address(
                host="worker1.example.com",
                port=2223,
                services=(SystemdService(name="messenger-worker@*"),),
                health=(),
            ),
        ),
        batch="25%",
        pause=30,
        drain=Drain(target_group="arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/76714da1ba2b4428"),
        repository="ssh://git@git.example.com:2222/acme/site.git",
        release_user="deployer",
        service_user="admin",
        port=2222,
        identity_file="~/.ssh/deploy",
        known_hosts_file="~/.ssh/known hosts",
        host_key="ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJ1aWxkLXRlc3RzLWhvc3Qta2V5LTAwMDAwMDAw deploy@example.com",
        builds_dir="/srv/builds",
        releases_dir="/srv/releases",
        live_link="site",
        keep_releases=3,
        path=("~/.bun/bin", "/opt/php/bin"),
        env={"APP_ENV": "prod", "GREETING": 'it\'s "$HOME"\nçava'},
        runtime_files=(RuntimeFile(path=".env.local"), RuntimeFile(path="config/*.json", optional=True)),
        persistent_links=(
            PersistentLink(path="public/media", target="/mnt/efs/media", mountpoint="/mnt/efs"),
            PersistentLink(path="public/uploads", target="~/uploads"),
        ),
        apps=(
            App(
                name="web",
                bootstrap=("composer install", "bun run encore production"),
                inputs=(".", "!apps"),
                drop=("node_modules",),
            ),
            App(name="dossier-api", path="apps/dossier-api"),
        ),
        carry_assets=("public/build",),
        asset_pool=("public/build",),
        writable=("var",),
        publish=("php bin/console cache:warmup",),
        verify=(
            "php bin/console lint:container",
            PhpRequest(php="public/index.php", url="/health", headers={"Host": "www.example.com"}, status=204, contains="ok"),
        ),
        migrate=("php bin/console doctrine:migrations:migrate",),
        services=(
            SystemdService(name="php8.2-fpm", action="reload"),
            SystemdService(name="messenger-worker@*"),
            SupervisorService(name="releases"),
            RunService(command="sudo varnishadm 'ban req.url ~ .'"),
        ),
        health=(
            HealthCheck(
                url="https://127.0.0.1/health", headers={"Host": "www.example.com"}, status=204, contains="ok", within=5
            ),
        ),
        step_timeout=60,
    )


def test_the_complete_example_names_every_key() -> None:
    document = yaml.safe_load(COMPLETE.read_text(encoding="utf-8"))
    assert document["defaults"].keys() | document["hosts"]["prod"].keys() == set(keys_of(Settings))


def test_what_is_left_out_has_the_default_of_the_contract() -> None:
    environment = Environment(name="web1", repository="git@h:p")
    assert (environment.addresses, environment.port) == ((Address(host="web1"),), 22)
    assert (environment.release_user, environment.service_user) == ("ftsuser", "ubuntu")
    assert (environment.builds_dir, environment.releases_dir, environment.live_link) == ("~/builds", "~/releases", "source")
    assert (environment.keep_releases, environment.step_timeout) == (5, 1800)
    check = HealthCheck(url="http://127.0.0.1/")
    assert (check.status, check.within) == (200, 30)


def test_the_hosts_yml_of_the_repo_is_right() -> None:
    environments = load(PROJECT / "hosts.yml").environments
    assert list(environments) == ["prod", "preprod"]
    assert all(len(each.addresses) == 1 for each in environments.values())


def test_the_hosts_yml_of_the_repo_names_its_schema_in_the_first_line() -> None:
    first = (PROJECT / "hosts.yml").read_text(encoding="utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=hosts.schema.json"


def test_the_schema_in_the_repo_is_that_of_the_models() -> None:
    stored = (PROJECT / "hosts.schema.json").read_text(encoding="utf-8")
    assert stored == text(), "type: make schema"


def test_the_reference_page_in_the_repo_is_that_of_the_models() -> None:
    stored = (PROJECT / "docs" / "hosts.md").read_text(encoding="utf-8")
    assert stored == reference.text(), "type: make schema"


def test_the_reference_page_has_every_section_of_the_models() -> None:
    assert set(reference.TITLES) == set(schema()["$defs"])


def test_the_schema_explains_every_key() -> None:
    sections = [section for section in schema()["$defs"].values() if "properties" in section]
    assert sections
    assert [key for each in sections for key, said in each["properties"].items() if "description" not in said] == []


def test_the_schema_leaves_keys_that_start_with_x_free_and_no_others() -> None:
    sections: list[Any] = [schema(), *schema()["$defs"].values()]
    assert all(each["additionalProperties"] is False and each["patternProperties"] == {"^x-": {}} for each in sections)


@pytest.mark.parametrize(
    ("service", "label"),
    [
        (SystemdService(name="nginx"), "systemd nginx"),
        (SystemdService(name="php8.2-fpm", action="reload"), "systemd php8.2-fpm (reload)"),
        (SupervisorService(name="releases"), "supervisor releases"),
        (RunService(command="sudo  varnishadm\n'ban\x1b[2J'"), "run sudo varnishadm 'ban [2J'"),
        (RunService(command="x" * 80), "run " + "x" * 43 + "…"),
    ],
)
def test_a_service_has_one_short_line_for_screens(service: SystemdService | SupervisorService | RunService, label: str) -> None:
    assert service.label == label
    assert re.fullmatch(r"[^\n\x1b]{1,48}", service.label)
