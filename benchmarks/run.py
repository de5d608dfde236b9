"""Prints every figure beside its peer, from one run on this machine: make bench

--write    also put the table into docs/explanation/performance.md
--only X   only the groups whose names contain X: startup, install, serving, answering, inventory
"""

from __future__ import annotations

import argparse
import os
import platform
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import answering
import install
import inventory
import serving
import startup
from figures import Figure

_PAGE = Path(__file__).parents[1] / "docs" / "explanation" / "performance.md"
_HEAD = ("What", "Here", "Bound", "Beside it", "There", "Note")
_GROUPS: dict[str, Callable[[], list[Figure]]] = {
    "startup": startup.measure,
    "install": install.measure,
    "serving": serving.measure,
    "answering": answering.measure,
    "inventory": inventory.measure,
}


def table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that can be read as it is."""
    lines = [_HEAD, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    text = ["| " + " | ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) + " |" for line in lines]
    return "\n".join([text[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *text[1:]])


def machine() -> str:
    """One line on what it was measured on."""
    cpu = re.search(r"^model name\s*:\s*(.+)$", _read("/proc/cpuinfo"), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s+(\d+) kB$", _read("/proc/meminfo"), re.MULTILINE)
    facts = (
        cpu[1] if cpu else platform.machine(),
        f"{os.cpu_count()} cores",
        f"{int(memory[1]) / 2**20:.0f} GiB" if memory else "unknown memory",
        f"Python {platform.python_version()}",
        platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        f"{datetime.now(UTC):%Y-%m-%d}",
    )
    return ", ".join(facts)


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8") if Path(path).is_file() else ""


def write(text: str) -> None:
    """Replace what stands between the marks of the page."""
    marks = ("<!-- figures -->", "<!-- /figures -->")
    before, _, rest = _PAGE.read_text(encoding="utf-8").partition(marks[0])
    _, _, after = rest.partition(marks[1])
    _PAGE.write_text(f"{before}{marks[0]}\n{text}\n{marks[1]}{after}", encoding="utf-8")


def main() -> None:
    """Measure, print, and write if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="")
    wanted = parser.parse_args()
    figures = [f for name, measure in _GROUPS.items() if wanted.only in name for f in measure()]
    text = f"{table([figure.cells() for figure in figures])}\n\n{machine()}."
    print(text)
    if wanted.write:
        write(text)


if __name__ == "__main__":
    main()
