"""Puts what `sre demo` shows now between the marks of the README."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
_BEGIN, _END = "<!-- demo -->", "<!-- /demo -->"


def screen() -> str:
    """What a person sees: results and progress together, in order."""
    sre = Path(sys.executable).with_name("sre")
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [str(sre), "demo"],
            env={"PATH": "", "TZ": "UTC", "HOME": home, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
        )
    return "\n".join(line.rstrip() for line in done.stdout.strip().splitlines())


def main() -> None:
    """Capture and write."""
    before, _, rest = README.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    README.write_text(f"{before}{_BEGIN}\n```text\n{screen()}\n```\n{_END}{after}", encoding="utf-8")
    print("the demo's screen is written to README.md")


if __name__ == "__main__":
    main()
