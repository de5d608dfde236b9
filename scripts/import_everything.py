"""Imports every module of the package, so that one that cannot be imported by itself is found."""

from __future__ import annotations

import importlib
import pkgutil

import sre_assistant


def main() -> None:
    """Import all and say how many there are."""
    names = [module.name for module in pkgutil.walk_packages(sre_assistant.__path__, "sre_assistant.")]
    for name in names:
        importlib.import_module(name)
    print(f"{len(names)} modules import")


if __name__ == "__main__":
    main()
