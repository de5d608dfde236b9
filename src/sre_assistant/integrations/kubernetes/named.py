"""Pods and workloads found by what people call them; two with one name are both said, none is picked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from sre_assistant.domain.errors import CallError, Missing
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.kubernetes import kinds, shapes
from sre_assistant.integrations.kubernetes.client import Client
from sre_assistant.integrations.kubernetes.kinds import RESTARTED
from sre_assistant.integrations.kubernetes.parts import items, reading
from sre_assistant.kit.outcomes import settled
from sre_assistant.kit.redaction import bounded


class Named:
    """Looks things up by name in one cluster."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def pod(self, name: str, namespace: str) -> shapes.Pod:
        """The one pod of a name; ``web/wiki-x2k4p`` says its namespace too.

        Raises:
            CallError: there is more than one.
            SourceError: the pods cannot be read; Missing when there is none.
        """
        namespace, name = _parted(name, namespace)
        found = await self._client.listed(
            kinds.PODS, lambda pod: pod, namespace=namespace, fields=f"metadata.name={_value(name)}"
        )
        pods = [pod for pod in found.items if pod.metadata.name == name]
        ids = list(dict.fromkeys(f"{pod.metadata.namespace or ''}/{pod.metadata.name}" for pod in pods))
        known = reading(self._client, tuple(pods), (found,))
        self._check_one("pod", name, namespace, ids, known)
        return pods[0]

    async def workload(self, name: str, namespace: str) -> str:
        """The id of the one deployment, stateful set or daemon set of a name, e.g. ``deployment/web/wiki``.

        Raises:
            CallError: there is more than one.
            SourceError: they cannot be read; Missing when there is none.
        """
        kind, namespace, name = _kind_of(name, namespace)
        sought = {kind: RESTARTED[kind]} if kind else RESTARTED
        fields = f"metadata.name={_value(name)}"
        lists = await asyncio.gather(
            *(
                settled(
                    self._client.listed(each, lambda item: item.metadata, namespace=namespace, fields=fields)
                )
                for each in sought.values()
            )
        )
        found = (
            f"{one}/{meta.namespace or ''}/{meta.name}"
            for one, part in zip(sought, lists, strict=True)
            for meta in items(part)
            if meta.name == name
        )
        ids = list(dict.fromkeys(found))
        known = reading(self._client, tuple(ids), lists)
        self._check_one("workload", name, namespace, ids, known)
        return ids[0]

    def _check_one(
        self, what: str, name: str, namespace: str, ids: Sequence[str], known: Reading[object]
    ) -> None:
        if len(ids) > 1:
            raise CallError(f"{what} {name!r} is ambiguous: give one of {bounded(', '.join(ids), 300)}.")
        if not ids:
            place = f" in namespace {bounded(namespace, 70)!r}" if namespace else ""
            why = f" ({bounded(known.detail, 160)})" if known.detail else ""
            detail = f"there is no {what} {bounded(name, 80)!r}{place}{why}; see kubernetes_list_{what}s"
            raise Missing(self._client.name, bounded(known.provenance.query, 200), detail)


def _value(name: str) -> str:
    """A name as a field selector takes it: what parts selectors is escaped."""
    return name.replace("\\", "\\\\").replace(",", "\\,").replace("=", "\\=")


def _parted(name: str, namespace: str) -> tuple[str, str]:
    first, slash, last = name.strip().partition("/")
    space, bare = (first, last) if slash else (namespace.strip(), first)
    if namespace.strip() not in {"", space}:
        raise CallError(
            f"{bounded(name, 120)!r} is in namespace {space!r}, not in {namespace!r}: give one of them."
        )
    if not bare:
        raise CallError(f"{bounded(name, 120)!r} names nothing: give a name.")
    return space, bare


def _kind_of(name: str, namespace: str) -> tuple[str, str, str]:
    """Kind, namespace and name, of which the first two may be empty."""
    kind, slash, rest = name.strip().partition("/")
    known: Mapping[str, object] = RESTARTED
    if slash and kind.lower() in known:
        return (kind.lower(), *_parted(rest, namespace))
    return ("", *_parted(name, namespace))
