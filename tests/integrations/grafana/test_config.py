from __future__ import annotations

import pytest

from sre_assistant.domain.errors import ConfigError
from sre_assistant.integrations.grafana.config import Config
from sre_assistant.kit.secret import Secret
from sre_assistant.runtime.discovery import manifests
from sre_assistant.runtime.settings import system_table
from tests.integrations.grafana.answers import running

URL = "http://grafana.lan:3000"


async def test_the_token_and_the_organisation_travel_as_headers() -> None:
    async with running(service_account_token=Secret("glsa_abc"), org_id=7) as grafana:
        await grafana.client.alerts()
    [seen] = grafana.server.seen
    assert seen.headers["authorization"] == "Bearer glsa_abc"
    assert seen.headers["x-grafana-org-id"] == "7"


async def test_without_them_nothing_is_said_of_us() -> None:
    async with running() as grafana:
        await grafana.client.alerts()
    assert not {"authorization", "x-grafana-org-id"} & set(grafana.server.seen[0].headers)


async def test_a_grafana_below_a_path_is_asked_there() -> None:
    async with running(path="/grafana/") as grafana:
        with pytest.raises(Exception, match="HTTP 404"):
            await grafana.client.alerts()
    assert grafana.server.paths == ["/grafana/api/alertmanager/grafana/api/v2/alerts"]


@pytest.mark.parametrize("token", ["glsa_ümlaut", "glsa_abc\n", " glsa_abc"])
def test_a_token_that_no_header_can_carry_is_refused_by_name(token: str) -> None:
    with pytest.raises(ConfigError, match=r"^GRAFANA_SERVICE_ACCOUNT_TOKEN holds"):
        Config(url=URL, service_account_token=Secret(token))


def test_credentials_in_the_url_have_their_place() -> None:
    with pytest.raises(ConfigError, match="Write them to GRAFANA_SERVICE_ACCOUNT_TOKEN"):
        Config(url="http://admin:admin@grafana.lan:3000")


@pytest.mark.parametrize(
    "name",
    [
        "GRAFANA_SERVICE_ACCOUNT_TOKEN",
        "GRAFANA_SERVICE_ACCOUNT_TOKEN_FILE",
        "GRAFANA_API_KEY",
        "GRAFANA_API_KEY_FILE",
    ],
)
def test_the_token_is_known_by_its_names_old_and_new(name: str) -> None:
    [manifest] = [one for one in manifests() if one.kind == "grafana"]
    assert system_table(manifest).names[name] == "service_account_token"


def test_what_compose_files_call_their_grafana_is_no_setting_of_ours() -> None:
    [manifest] = [one for one in manifests() if one.kind == "grafana"]
    table = system_table(manifest)
    assert "GRAFANA_ADMIN_PASSWORD" in table.extra
    assert not set(table.extra) & set(table.names)
