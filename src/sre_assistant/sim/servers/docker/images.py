"""The images on a host: those that its containers are made from, or were before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sre_assistant.sim.servers.docker.containers import Container
from sre_assistant.sim.servers.docker.engines import speaks
from sre_assistant.sim.servers.docker.wire import Refused, digest, nanoseconds, rfc3339
from sre_assistant.sim.signals import DAY

if TYPE_CHECKING:
    from sre_assistant.sim.world import World


def image_id(reference: str) -> str:
    """The id of an image."""
    return f"sha256:{digest('image', reference)}"


def image_size(reference: str) -> int:
    """Its bytes."""
    return 12_000_000 + int(digest("size", reference)[:8], 16) % 1_400_000_000


def repository(reference: str) -> str:
    """Its name without the tag."""
    name, colon, tag = reference.rpartition(":")
    return name if colon and "/" not in tag else reference


def program_of(reference: str) -> str:
    """What runs when it is started."""
    return repository(reference).rpartition("/")[2]


def references(world: World, host: str, now: float) -> list[str]:
    """The images that are there, the latest first."""
    found: dict[str, None] = {}
    for name in world.house.containers[host]:
        running = world.containers[f"container/{host}:{name}"]
        pulled = [image for since, image in running.images if since <= now]
        found |= dict.fromkeys([*reversed(pulled), running.image])
    return list(found)


def found_image(among: Sequence[str], name: str) -> str:
    """The image that a name, an id or the beginning of one means.

    Raises:
        Refused: none, or several.
    """
    for one in among:
        if name in {one, image_id(one), f"{repository(one)}@{_repository_digest(one)}"}:
            return one
        if ":" not in name and one == f"{name}:latest":
            return one
    bare = name.removeprefix("sha256:")
    fitting = [one for one in among if bare and image_id(one)[7:].startswith(bare)]
    if len(fitting) > 1:
        raise Refused(400, f"multiple IDs found with provided prefix: {name}")
    if not fitting:
        missing = f"No such image: {name if ':' in name else f'{name}:latest'}"
        raise Refused(404, missing, (404, f"no such image: {name}: {missing}"))
    return fitting[0]


def image_summary(world: World, reference: str, version: str, users: int) -> dict[str, object]:
    """One of ``GET /images/json``; -1 users means that nobody counted."""
    size = image_size(reference)
    found: dict[str, object] = {
        "Containers": users,
        "Created": nanoseconds(world, _made(world, reference), reference) // 1_000_000_000,
        "Id": image_id(reference),
        "Labels": _labels(reference),
        "ParentId": "",
        "RepoDigests": [f"{repository(reference)}@{_repository_digest(reference)}"],
        "RepoTags": [reference],
        "SharedSize": -1 if users < 0 else 0,
        "Size": size,
    }
    return found if speaks(version, "1.44") else found | {"VirtualSize": size}


def image_inspected(world: World, reference: str, version: str) -> dict[str, object]:
    """``GET /images/{name}/json``."""
    program = program_of(reference)
    size = image_size(reference)
    found: dict[str, object] = {
        "Id": image_id(reference),
        "RepoTags": [reference],
        "RepoDigests": [f"{repository(reference)}@{_repository_digest(reference)}"],
        "Parent": "",
        "Comment": "buildkit.dockerfile.v0",
        "Created": rfc3339(nanoseconds(world, _made(world, reference), reference)),
        "DockerVersion": "",
        "Author": "",
        "Config": {
            **dict.fromkeys(("Hostname", "Domainname", "User"), ""),
            **dict.fromkeys(("AttachStdin", "AttachStdout", "AttachStderr"), False),
            **dict.fromkeys(("Tty", "OpenStdin", "StdinOnce"), False),
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
            "Cmd": [program],
            "Image": "",
            "Volumes": None,
            "WorkingDir": "",
            "Entrypoint": ["docker-entrypoint.sh"],
            "OnBuild": None,
            "Labels": _labels(reference),
        },
        "Architecture": "amd64",
        "Os": "linux",
        "Size": size,
        "GraphDriver": {"Data": {}, "Name": "overlay2"},
        "RootFS": {"Type": "layers", "Layers": [f"sha256:{digest(reference, 'layer', '0')}"]},
        "Metadata": {"LastTagTime": "0001-01-01T00:00:00Z"},
    }
    return found if speaks(version, "1.44") else found | {"VirtualSize": size}


def users(reference: str, here: Sequence[Container]) -> int:
    """How many containers were made from an image."""
    return sum(one.image == reference for one in here)


def _made(world: World, reference: str) -> float:
    return world.begin - DAY * (25 + int(digest("made", reference)[:6], 16) % 200)


def _repository_digest(reference: str) -> str:
    return f"sha256:{digest('manifest', reference)}"


def _labels(reference: str) -> dict[str, str]:
    tag = reference.removeprefix(repository(reference)).removeprefix(":")
    return {
        "org.opencontainers.image.title": program_of(reference),
        "org.opencontainers.image.version": tag,
    }
