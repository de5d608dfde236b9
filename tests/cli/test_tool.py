"""`sre tool`: the tools, as a person calls them."""

from __future__ import annotations

import json

from tests.cli.sre import Shell


def test_without_a_name_all_tools_are_listed_with_what_they_want(shell: Shell) -> None:
    outcome = shell.run("tool")
    assert outcome.code == 0
    assert "prometheus_range_query query=… start=… end=… [step=…]" in outcome.out


def test_a_tool_answers_in_words_and_in_json(shell: Shell) -> None:
    outcome = shell.run("tool", "prometheus_list_targets", "job=node")
    assert (outcome.code, outcome.err) == (0, "")
    assert "nas.lan:9100" in outcome.out
    found = json.loads(shell.run("tool", "prometheus_list_targets", "--json").out)
    assert found["provenance"]["query"] == "GET /api/v1/targets"


def test_a_search_takes_words_with_dots_and_dashes(shell: Shell) -> None:
    assert (
        "node_memory_MemAvailable_bytes"
        in shell.run("tool", "prometheus_search_metrics", "search_term=node.memory avail").out
    )
    assert shell.run("tool", "prometheus_search_metrics", "search_term=no-such.thing x").code == 0


def test_a_wrong_call_is_one_line_with_the_remedy(shell: Shell) -> None:
    for arguments, code, says in (
        (("prometheus_range_query", "query=up", "start=1h", "end=now", "step=0s"), 2, "above 0"),
        (("prometheus_range_query", "query=up", "start=now", "end=1h"), 2, "start"),
        (("prometheus_instant_query", "query=up{"), 4, "parse error"),
        (("prometheus_instant_query", "up"), 2, "name=value"),
        (("prometheus_instan_query",), 2, "prometheus_instant_query"),
        (("prometheus_list_targets", "--system", "nobody"), 2, "nobody"),
    ):
        outcome = shell.run("tool", *arguments)
        assert (outcome.code, outcome.out) == (code, "")
        assert says in outcome.err
        assert len(outcome.err.splitlines()) == 1
