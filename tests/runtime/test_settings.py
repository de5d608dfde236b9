from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.endpoint import HttpEndpoint
from sre_assistant.kit.secret import Secret
from sre_assistant.runtime.settings import Settings, load

PROM = "http://prom.lan:9090"


class Place:
    """A home with files in it, and the settings read from there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, text: str, mode: int = 0o600) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def config(self, text: str) -> Path:
        return self.write(".config/sre-assistant/config.yaml", text)

    def load(self, **environ: str) -> Settings:
        return load({"HOME": str(self.folder), **environ}, folder=self.folder)

    def refusal(self, **environ: str) -> str:
        with pytest.raises(ConfigError) as refused:
            self.load(**environ)
        return str(refused.value)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def only_endpoint(settings: Settings) -> HttpEndpoint:
    (system,) = settings.systems
    assert isinstance(system.config, HttpEndpoint)
    return system.config


def origins(settings: Settings) -> dict[str, str]:
    return {line.setting: line.origin for line in settings.lines}


def test_one_url_is_enough(place: Place) -> None:
    settings = place.load(PROMETHEUS_URL=PROM)
    (system,) = settings.systems
    assert (system.name, system.kind) == ("prometheus", "prometheus")
    assert only_endpoint(settings).url == PROM
    assert settings.own.host == "127.0.0.1"


def test_nothing_at_all_configures_no_system(place: Place) -> None:
    assert place.load().systems == ()


def test_an_empty_variable_counts_as_not_set(place: Place) -> None:
    assert place.load(PROMETHEUS_URL="", SRE_PORT="").systems == ()


def test_the_state_folder_follows_xdg_and_home(place: Place, tmp_path: Path) -> None:
    assert place.load().own.state_dir == tmp_path / ".local/state/sre-assistant"
    assert place.load(XDG_STATE_HOME="/var/lib/x").own.state_dir == Path("/var/lib/x/sre-assistant")
    assert place.load(XDG_STATE_HOME="relative").own.state_dir == tmp_path / ".local/state/sre-assistant"


def test_flags_win_over_environment_over_env_file_over_config_file(place: Place) -> None:
    place.config("port: 1001\nhost: 192.0.2.1\nsite: cabin\nlog_level: error\n")
    place.write(".env", "SRE_PORT=1002\nSRE_HOST=192.0.2.2\nSRE_SITE=barn\n")
    environ = {"HOME": str(place.folder), "SRE_PORT": "1003", "SRE_HOST": "192.0.2.3"}
    settings = load(environ, flags={"SRE_PORT": "1004"}, folder=place.folder)
    own = settings.own
    assert (own.port, own.host, own.site, own.log_level) == (1004, "192.0.2.3", "barn", "error")
    assert origins(settings)["SRE_PORT"] == "command line"
    assert origins(settings)["SRE_HOST"] == "environment"
    assert origins(settings)["SRE_SITE"].endswith(".env")
    assert origins(settings)["log_level"].endswith("config.yaml")


def test_an_alias_is_known_and_ranks_by_its_place(place: Place) -> None:
    place.write(".env", "SRE_PORT=1001\n")
    assert place.load(SRE_API_PORT="1002").own.port == 1002


def test_a_secret_may_stand_in_a_file(place: Place) -> None:
    path = place.write("secret", "s3cret-token\n")
    settings = place.load(PROMETHEUS_URL=PROM, PROMETHEUS_BEARER_TOKEN_FILE=str(path))
    assert only_endpoint(settings).bearer_token == Secret("s3cret-token")
    assert settings.warnings == ()


def test_a_file_named_in_the_environment_beats_a_secret_in_the_env_file(place: Place) -> None:
    place.write(".env", "PROMETHEUS_BEARER_TOKEN=from-env-file\n")
    path = place.write("secret", "from-file")
    settings = place.load(PROMETHEUS_URL=PROM, PROMETHEUS_BEARER_TOKEN_FILE=str(path))
    assert only_endpoint(settings).bearer_token == Secret("from-file")


def test_a_secret_file_that_everybody_reads_is_warned_about(place: Place) -> None:
    path = place.write("secret", "s3cret-token", mode=0o644)
    (warning,) = place.load(PROMETHEUS_URL=PROM, PROMETHEUS_BEARER_TOKEN_FILE=str(path)).warnings
    assert f"chmod 600 {path}" in warning


def test_an_env_file_with_a_secret_that_everybody_reads_is_warned_about(place: Place) -> None:
    path = place.write(".env", f"PROMETHEUS_URL={PROM}\nPROMETHEUS_BEARER_TOKEN=t0ken\n", mode=0o644)
    assert f"chmod 600 {path}" in place.load().warnings[0]


def test_secrets_are_never_shown(place: Place) -> None:
    settings = place.load(
        PROMETHEUS_URL=PROM, PROMETHEUS_BEARER_TOKEN="hunter2hunter2", SRE_TOKEN="correct-horse-battery"
    )
    shown = repr(settings)
    assert "hunter2" not in shown
    assert "correct-horse" not in shown
    assert {line.value for line in settings.lines if "TOKEN" in line.setting} == {"(hidden)"}


def test_a_config_file_may_name_several_instances(place: Place) -> None:
    place.config(
        "prometheus:\n"
        "  - {name: main, url: 'http://a.lan:9090', timeout: 3}\n"
        "  - {name: barn, url: 'http://b.lan:9090', verify_ssl: no}\n"
        "alertmanager:\n"
        "  url: http://am.lan:9093\n"
    )
    settings = place.load()
    assert [(system.name, system.kind) for system in settings.systems] == [
        ("alertmanager", "alertmanager"),
        ("main", "prometheus"),
        ("barn", "prometheus"),
    ]
    barn = settings.systems[2].config
    assert isinstance(barn, HttpEndpoint)
    assert barn.verify_ssl is False


def test_the_environment_completes_a_single_instance_of_the_config_file(place: Place) -> None:
    place.config("prometheus:\n  url: http://a.lan:9090\n  timeout: 3\n")
    endpoint = only_endpoint(place.load(PROMETHEUS_URL=PROM))
    assert (endpoint.url, endpoint.timeout) == (PROM, 3.0)


def test_the_environment_is_refused_where_it_is_unclear_which_instance_it_means(place: Place) -> None:
    place.config("prometheus:\n  - {name: a, url: 'http://a.lan'}\n  - {name: b, url: 'http://b.lan'}\n")
    assert "PROMETHEUS_URL is set, but" in place.refusal(PROMETHEUS_URL=PROM)


def test_the_environment_means_the_instance_of_that_name(place: Place) -> None:
    place.config(
        "prometheus:\n  - {name: prometheus, url: 'http://a.lan'}\n  - {name: b, url: 'http://b.lan'}\n"
    )
    first, second = (system.config for system in place.load(PROMETHEUS_URL=PROM).systems)
    assert isinstance(first, HttpEndpoint)
    assert isinstance(second, HttpEndpoint)
    assert (first.url, second.url) == (PROM, "http://b.lan")


def test_two_systems_cannot_share_a_name(place: Place) -> None:
    place.config("prometheus: {name: x, url: 'http://a.lan'}\nalertmanager: {name: x, url: 'http://b.lan'}\n")
    assert "'x' is used by two systems" in place.refusal()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            {"PROMETHEUS_URI": PROM},
            "PROMETHEUS_URI is not a setting (environment). Did you mean PROMETHEUS_URL?",
        ),
        ({"PROMETHEUS_TOKEN": "t"}, "Did you mean PROMETHEUS_BEARER_TOKEN?"),
        ({"PROMETHEUS_USER": "u"}, "Did you mean PROMETHEUS_USERNAME?"),
        ({"ALERTMANAGER_VERIFY_TLS": "u"}, "Did you mean ALERTMANAGER_VERIFY_SSL?"),
        ({"SRE_PROT": "1"}, "Did you mean SRE_PORT?"),
        ({"SRE_WHATEVER": "1"}, "SRE_WHATEVER is not a setting"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(
    place: Place, environ: dict[str, str], expected: str
) -> None:
    assert expected in place.refusal(**environ)


@pytest.mark.parametrize(
    "name",
    [
        "PROMETHEUS_PORT",
        "PROMETHEUS_PORT_9090_TCP_ADDR",
        "PROMETHEUS_SERVICE_HOST",
        "PROMETHEUS_MULTIPROC_DIR",
        "PROMETHEUS_VERSION",
        "SRE_TEST_LOKI_URL",
    ],
)
def test_what_others_put_into_the_environment_is_left_alone(place: Place, name: str) -> None:
    assert place.load(**{name: "tcp://192.0.2.7:9090"}).systems == ()


def test_any_unknown_name_of_ours_in_an_env_file_is_an_error(place: Place) -> None:
    place.write(".env", "PROMETHEUS_SCRAPE_COLOUR=red\n")
    assert "PROMETHEUS_SCRAPE_COLOUR is not a setting" in place.refusal()


def test_names_of_other_programs_in_an_env_file_are_left_alone(place: Place) -> None:
    place.write(".env", "COMPOSE_PROJECT_NAME=home\nHOMEPAGE_URL=http://h.lan\n")
    assert place.load().systems == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("promethus:\n  url: http://a.lan\n", "Did you mean prometheus?"),
        ("prometheus:\n  uri: http://a.lan\n", "prometheus.uri in "),
        ("prometheus: http://a.lan\n", "Write it as"),
        ("prometheus:\n  - url: http://a.lan\n  - url: http://b.lan\n", "prometheus.name is None"),
        ("prometheus:\n  url: [http://a.lan]\n", "prometheus.url is list"),
        ("port: 1\nport: 2\n", "'port' is written twice"),
        ("- just\n- a list\n", "is not a mapping"),
        ("port: [1\n", "is not YAML"),
        ("a: &a [*a]\n", "is not a setting"),
        ("? [x]\n: 1\n", "unhashable key"),
        ("!!python/object/apply:os.system ['true']\n", "is not YAML"),
    ],
)
def test_a_wrong_config_file_says_where_and_what(place: Place, text: str, expected: str) -> None:
    place.config(text)
    assert expected in place.refusal()


def test_a_deeply_nested_config_file_is_refused(place: Place) -> None:
    place.config("[" * 5000)
    assert "config.yaml" in place.refusal()


def test_a_config_file_that_was_asked_for_must_exist(place: Place) -> None:
    assert "/nowhere/config.yaml does not exist" in place.refusal(SRE_CONFIG="/nowhere/config.yaml")


def test_an_env_line_that_cannot_be_read_is_an_error_with_its_number(place: Place) -> None:
    place.write(".env", "SRE_PORT=1\nthis is = 'not closed\n")
    assert ".env, line 2 cannot be read" in place.refusal()


def test_a_dollar_in_an_env_file_stays_a_dollar(place: Place) -> None:
    place.write(".env", f"PROMETHEUS_URL={PROM}\nPROMETHEUS_BEARER_TOKEN='a$HOME${{USER}}b'\n")
    assert only_endpoint(place.load()).bearer_token == Secret("a$HOME${USER}b")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            {"PROMETHEUS_URL": "prom.lan:9090"},
            "is 'prom.lan:9090': the scheme is missing. Write http://prom.lan:9090",
        ),
        ({"SRE_PORT": "http"}, "SRE_PORT is 'http' (environment). Write a whole number."),
        ({"SRE_PORT": "70000"}, "to 65535"),
        ({"SRE_PORT": "-1"}, "not negative"),
        ({"PROMETHEUS_URL": PROM, "PROMETHEUS_TIMEOUT": "soon"}, "PROMETHEUS_TIMEOUT is 'soon'"),
        ({"PROMETHEUS_URL": PROM, "PROMETHEUS_TIMEOUT": "nan"}, "above 0"),
        ({"PROMETHEUS_URL": PROM, "PROMETHEUS_TIMEOUT": "0"}, "above 0"),
        ({"PROMETHEUS_URL": PROM, "PROMETHEUS_VERIFY_SSL": "maybe"}, "Write true or false."),
        ({"PROMETHEUS_URL": PROM, "PROMETHEUS_CA_CERT": "/nowhere.pem"}, "no such file"),
        ({"PROMETHEUS_URL": PROM, "PROMETHEUS_BEARER_TOKEN_FILE": "/nowhere"}, "/nowhere does not exist"),
        ({"PROMETHEUS_BEARER_TOKEN": "abc"}, "PROMETHEUS_URL is not set"),
        ({"SRE_LOG_LEVEL": "loud"}, "Write one of: debug, info, warning, error."),
        ({"TZ": "Mars/Olympus"}, "TZ is 'Mars/Olympus'"),
        ({"TZ": "../../etc/passwd"}, "Write a zone name"),
        ({"SRE_SITE": "a\x1b[31mb"}, "control characters"),
        (
            {"PROMETHEUS_URL": PROM, "PROMETHEUS_BEARER_TOKEN": "a", "PROMETHEUS_BEARER_TOKEN_FILE": "b"},
            "both set",
        ),
    ],
)
def test_a_wrong_value_names_the_setting_the_value_and_the_remedy(
    place: Place, environ: dict[str, str], expected: str
) -> None:
    assert expected in place.refusal(**environ)


@pytest.mark.parametrize("secret", ["two\nlines-of-secret", "tab\tsecret"])
def test_a_wrong_secret_is_not_repeated_in_the_error(place: Place, secret: str) -> None:
    said = place.refusal(PROMETHEUS_URL=PROM, PROMETHEUS_BEARER_TOKEN=secret)
    assert "PROMETHEUS_BEARER_TOKEN" in said
    assert "secret" not in said.partition("Write")[0]


def test_an_empty_secret_file_is_an_error(place: Place) -> None:
    path = place.write("secret", "\n")
    assert "names an empty file" in place.refusal(PROMETHEUS_URL=PROM, PROMETHEUS_BEARER_TOKEN_FILE=str(path))


@pytest.mark.parametrize(
    "zone", ["", "Europe/Berlin", ":Europe/Berlin", "CET-1CEST,M3.5.0,M10.5.0/3", "UTC0"]
)
def test_zones_are_taken_by_name_and_by_rule(place: Place, zone: str) -> None:
    assert place.load(TZ=zone).own.zone is not None


def test_lists_may_be_written_with_commas_or_as_yaml(place: Place) -> None:
    place.config("allowed_hosts: [sre.lan, nas.lan]\n")
    assert place.load().own.allowed_hosts == ("sre.lan", "nas.lan")
    assert place.load(SRE_ALLOWED_HOSTS="a.lan, b.lan,").own.allowed_hosts == ("a.lan", "b.lan")


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.write_bytes(b"\xff\xfe\x00")])
def test_a_config_file_that_cannot_be_read_is_an_error(place: Place, make: Callable[[Path], object]) -> None:
    path = place.folder / "odd.yaml"
    make(path)
    assert str(path) in place.refusal(SRE_CONFIG=str(path))


def test_the_name_another_program_uses_is_understood(place: Place) -> None:
    (system,) = place.load(DOCKER_HOST="tcp://media.lan:2375").systems
    assert (system.kind, getattr(system.config, "url", "")) == ("docker", "http://media.lan:2375")
    assert "DOCKER_HOST" in place.refusal(DOCKER_HOST="ssh://media.lan") + place.refusal(
        DOCKER_HOST="tcp://a.lan", DOCKER_URL="tcp://b.lan"
    )


def test_what_other_programs_keep_under_our_prefix_is_left_alone(place: Place) -> None:
    theirs = {
        "DOCKER_TLS": "1",
        "DOCKER_CONTEXT": "rootless",
        "KUBERNETES_PORT": "tcp://192.0.2.1:443",
        "DOCKER_BUILDKIT": "1",
    }
    assert place.load(**theirs).systems == ()
    assert "Did you mean DOCKER_ALLOW_CHANGES" in place.refusal(
        DOCKER_HOST="tcp://a.lan", DOCKER_ALLOW_CHANGE="true"
    )


def test_several_systems_of_a_kind_keep_their_own_settings(place: Place) -> None:
    place.config(
        "docker:\n"
        "  - {name: media, url: 'tcp://media.lan:2375'}\n"
        "  - {name: here, url: 'unix:///var/run/docker.sock', allow_changes: true}\n"
    )
    found = {system.name: system.config for system in place.load().systems}
    assert list(found) == ["media", "here"]
    assert [getattr(config, "allow_changes", None) for config in found.values()] == [False, True]
    assert "DOCKER_HOST" in place.refusal(DOCKER_HOST="tcp://other.lan:2375")


def test_what_another_program_alone_can_use_keeps_nothing_else_from_working(place: Place) -> None:
    settings = place.load(PROMETHEUS_URL=PROM, DOCKER_HOST="ssh://media.lan")
    assert [system.kind for system in settings.systems] == ["prometheus"]
    (warning,) = settings.warnings
    assert warning.startswith("Docker is not connected, though DOCKER_HOST is set: ")
    assert "begins with ssh://" in place.refusal(DOCKER_HOST="ssh://media.lan")
    assert "DOCKER_URL begins with ssh://" in place.refusal(PROMETHEUS_URL=PROM, DOCKER_URL="ssh://media.lan")


def test_how_another_program_speaks_to_nothing_connects_nothing(place: Place) -> None:
    assert place.load(PROMETHEUS_URL=PROM, DOCKER_TLS_VERIFY="1", DOCKER_CERT_PATH="/nowhere").warnings == ()
