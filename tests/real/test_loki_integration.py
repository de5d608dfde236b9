"""The reads of the Loki integration against a real Loki, over logs as eight shippers send them.

    SRE_TEST_LOKI_URL=http://loki.lan:3100 pytest tests/real/test_loki_integration.py

It pushes some forty lines, ten minutes old, under names of this run alone, and asks for those. The server
should be one for tests: what other streams it has may be listed, never changed.
"""

# ruff: noqa: F403  the tests are those that the simulated Loki is asked as well

from __future__ import annotations

import json
import os
import time
import urllib.parse
import urllib.request
import uuid
from datetime import UTC, datetime

import pytest

from tests.integrations.loki.shippers import *
from tests.integrations.loki.shippers import SHIPPERS, Place

URL = os.environ.get("SRE_TEST_LOKI_URL", "").rstrip("/")  # noqa: TID251  tests are told by whoever runs them
PATIENCE_SECONDS = 90.0

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not URL, reason="SRE_TEST_LOKI_URL is not set: the URL of a Loki 3 to ask"),
]


@pytest.fixture(scope="module", autouse=True)
def real_servers() -> None:
    """This suite needs a Loki and nothing of what the others here need."""


@pytest.fixture(scope="module")
def place() -> Place:
    """The Loki, once it shows all that was pushed."""
    made = Place(URL, uuid.uuid4().hex[:10], datetime.now(UTC).replace(microsecond=0))
    pushed = made.push()
    end = time.monotonic() + PATIENCE_SECONDS
    while (found := shown(made)) != pushed and time.monotonic() < end:
        time.sleep(1)
    assert found == pushed, f"{URL} shows {found} of {pushed} pushed lines after {PATIENCE_SECONDS:.0f} s"
    return made


def shown(place: Place) -> int:
    """How many of the pushed lines can be read."""
    names = {next(iter(stream.labels)) for shipper in SHIPPERS for stream in shipper.streams}
    found = set()
    for name in names:
        params = {
            "query": f'{{{name}=~".+"}}',
            "start": int((place.window.start).timestamp()),
            "end": int(place.now.timestamp()) + 1,
            "limit": 5000,
        }
        url = f"{place.url}/loki/api/v1/query_range?{urllib.parse.urlencode(params)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            rows = json.load(answer)["data"]["result"]
        found |= {
            (json.dumps(row["stream"], sort_keys=True), value[0], value[1])
            for row in rows
            if any(each.endswith(place.run) or f"{place.run}." in each for each in row["stream"].values())
            for value in row["values"]
        }
    return len(found)
