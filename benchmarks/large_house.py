"""A homelab of 200 guests, 150 containers and 60 pods in a process of its own.

Prints the path of its config file, then waits.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from sre_assistant.sim.homelab import Homelab

GUESTS, CONTAINERS, PODS = 200, 150, 60
_SCENARIO = """
name: large
title: A large homelab on which nothing is wrong
house: large.yaml
start: 2026-11-10T02:00:00Z
shows: "02:30"
tags: [healthy]
difficulty: easy
timeline: []
truth: {verdict: healthy}
"""


def grown() -> dict[str, Any]:
    """The homelab that comes with the program, with more of everything."""
    text = (resources.files("sre_assistant.sim") / "worlds" / "homelab.yaml").read_text(encoding="utf-8")
    house: dict[str, Any] = yaml.safe_load(text)
    nodes = house["hypervisors"]
    for number in range(GUESTS - len(house["guests"])):
        house["guests"][f"box{number:03}"] = {
            "vmid": 1000 + number,
            "kind": "lxc" if number % 3 else "qemu",
            "node": nodes[number % len(nodes)],
            "cpus": 1,
            "memory": "512MiB",
            "memory_used": "40%",
            "load": "2%",
            "disk": "8GiB",
            "storage": "local-lvm",
        }
    hosts = list(house["containers"])
    for number in range(CONTAINERS - sum(map(len, house["containers"].values()))):
        house["containers"][hosts[number % len(hosts)]][f"svc{number:03}"] = {
            "image": f"example/svc:{number}",
            "memory": "40MiB",
            "cpu": 0.01,
            "project": f"stack{number // 5}",
            "says_every": "600s",
        }
    pods = len(house["kubernetes"]["nodes"]) + sum(
        workload.get("replicas", 0)
        for namespace in house["kubernetes"]["namespaces"].values()
        for workload in namespace.values()
    )
    for number in range(PODS - pods):
        house["kubernetes"]["namespaces"].setdefault(f"team{number % 4}", {})[f"job{number:02}"] = {
            "kind": "deployment",
            "image": f"example/job:{number}",
            "replicas": 1,
            "memory": "40MiB",
            "port": 8080,
            "says_every": "600s",
        }
    return house


def main() -> None:
    """Serve until the standard input ends."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "large.yaml").write_text(yaml.safe_dump(grown()), encoding="utf-8")
        (Path(folder) / "scenario.yaml").write_text(_SCENARIO, encoding="utf-8")
        with Homelab(Path(folder) / "scenario.yaml", at="shows") as homelab:
            config = Path(folder) / "config.yaml"
            config.touch(mode=0o600)
            config.write_text(homelab.configuration, encoding="utf-8")
            print(config, flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    main()
