from __future__ import annotations

import subprocess
import sys

from sre_assistant.runtime import discovery


def test_the_folders_are_found_by_their_manifests() -> None:
    found = {manifest.kind: manifest.env_prefix for manifest in discovery.manifests()}
    assert found["prometheus"] == "PROMETHEUS"
    assert found["alertmanager"] == "ALERTMANAGER"


def test_settings_and_connection_belong_to_the_folder() -> None:
    for manifest in discovery.manifests():
        assert discovery.config_type(manifest.kind).__module__.endswith(f".{manifest.kind}.config")
        assert callable(discovery.connector(manifest.kind))


def test_what_is_not_configured_is_not_imported() -> None:
    code = (
        "import sys; from sre_assistant.runtime.settings import load;"
        "load({'HOME': '/nonexistent', 'ALERTMANAGER_URL': 'http://a.lan'});"
        "print(*sorted(m for m in sys.modules if 'integrations.' in m))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "integrations.alertmanager" in run.stdout
    assert "integrations.prometheus" not in run.stdout


def test_what_combines_systems_is_no_system_itself() -> None:
    connectable = {manifest.kind for manifest in discovery.manifests()}
    combining = {manifest.kind for manifest in discovery.composites()}
    assert "disks" in combining
    assert not connectable & combining
    assert all(callable(discovery.composer(kind)) for kind in combining)
