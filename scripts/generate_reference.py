"""Writes docs/reference/ from the code, or says where the committed pages differ from it.

python scripts/generate_reference.py            write
python scripts/generate_reference.py --check    compare; exit 1 and a diff when something differs
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping
from pathlib import Path

import reference

ROOT = Path(__file__).parents[1] / "docs" / "reference"


def differences(pages: Mapping[str, str]) -> list[str]:
    """Unified diffs from what is committed to what the code says; a stale page counts as one."""
    committed = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(ROOT.rglob("*"))
        if path.is_file()
    }
    return [
        line
        for name in sorted(committed.keys() | pages.keys())
        for line in difflib.unified_diff(
            committed.get(name, "").splitlines(),
            pages.get(name, "").splitlines(),
            f"docs/reference/{name} (committed)",
            f"docs/reference/{name} (as the code says)",
            lineterm="",
            n=1,
        )
    ]


def write(pages: Mapping[str, str]) -> None:
    """Write all pages and remove those that no longer exist."""
    for path in [path for path in ROOT.rglob("*") if path.is_file()]:
        if path.relative_to(ROOT).as_posix() not in pages:
            path.unlink()
    for name, text in pages.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main() -> int:
    """The exit code: 0 when the pages are, or have been made, as the code says."""
    pages = reference.pages()
    if "--check" not in sys.argv[1:]:
        write(pages)
        print(f"{len(pages)} pages written to docs/reference/")
        return 0
    found = differences(pages)
    if found:
        print(
            "\n".join(found),
            "\nThe reference differs from the code: make docs-write",
            sep="\n",
            file=sys.stderr,
        )
        return 1
    print(f"{len(pages)} generated pages are as the code says")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
