"""The demo's homelab in a process of its own: prints where Prometheus and Alertmanager are, then waits."""

from __future__ import annotations

import sys

from sre_assistant.sim.homelab import Homelab


def main() -> None:
    """Serve until the standard input ends."""
    with Homelab("backup-fills-nas", at="shows") as homelab:
        print(homelab.prometheus_url, homelab.alertmanager_url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
