"""Makes the folder, the simulated server and the tests of a new integration from a template.

Run by ``make integration NAME=adguard TITLE="AdGuard Home"``; nothing is written before all is checked.
"""

from __future__ import annotations

import argparse
import keyword
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from string import Template

ROOT = Path(__file__).parents[1]
TEMPLATE = Path(__file__).with_name("integration_template")
PLACES = {
    "integration": "src/sre_assistant/integrations/{name}",
    "server": "src/sre_assistant/sim/servers/{name}",
    "tests": "tests/integrations/{name}",
}
REGISTRY = "src/sre_assistant/sim/servers/registry.py"
PROJECT = "pyproject.toml"
_NAME = re.compile(r"[a-z]{2,20}")
_TITLE = re.compile(r"[^\W_][\w .:/()+-]{0,28}[\w)]")
_TAKEN = frozenset({"sre", "sim", "test", "tests"})
_INDEPENDENT = re.compile(
    r'(name = "An integration never imports another"\n.*?\nmodules = \[)(.*?)(\])', re.DOTALL
)
_FIRST_IMPORT = "from sre_assistant.sim.servers.alertmanager import Alertmanager\n"
_FIRST_SERVER = '        "prometheus": Prometheus(live).app(),\n'
_NEXT = """\
Made {title}:
  {integration}
  {server}
  {tests}
and added it to {project} (who may not import whom) and {registry}.

It already passes:  make test ARGS="tests/contract tests/integrations/{name} -k {name}"

Next, in this order (docs/how-to/add-an-integration.md does it for a real system):
  1. shapes.py, client.py   what the real system answers, and what that means here
  2. tests/…/answers.py     real answers with their odd corners; then test_client.py
  3. tools.py               what a person or a model may ask; test_tools.py
  4. checkup.py             version, rights, the traps of that product
  5. sim/servers/{name}      the same answers from the simulated world; registry.py says which houses have it
  6. manifest.toml, README.md, docs/how-to/connect-{name}.md, CHANGELOG.md
  7. make docs-write, make check
"""


class Refused(Exception):
    """A name or a title that cannot be used, or a file that is not as it was; the text says what to do."""


def planned(name: str, title: str, root: Path = ROOT) -> dict[Path, str]:
    """Every file that is to be written, with its text.

    Raises:
        Refused: the name or title cannot be used, or something of that name exists.
    """
    check(name, title, root)
    words = {"name": name, "title": title, "prefix": name.upper(), "Class": name.capitalize()}
    files = {
        root / place.format(name=name) / source.name.removesuffix(".tmpl"): filled(source, words)
        for part, place in PLACES.items()
        for source in sorted((TEMPLATE / part).iterdir())
    }
    files[root / PROJECT] = independent((root / PROJECT).read_text(encoding="utf-8"), name)
    files[root / REGISTRY] = registered((root / REGISTRY).read_text(encoding="utf-8"), words)
    return files


def check(name: str, title: str, root: Path) -> None:
    """Whether a system may be called that.

    Raises:
        Refused: it may not; the text says why.
    """
    if not _NAME.fullmatch(name):
        raise Refused(f"NAME is {name!r}: write 2 to 20 lower-case letters, e.g. adguard.")
    if keyword.iskeyword(name) or name in _TAKEN:
        raise Refused(f"NAME is {name!r}, which means something else: take another, e.g. {name}home.")
    if not _TITLE.fullmatch(title):
        raise Refused(f"TITLE is {title!r}: write it as people do, e.g. AdGuard Home.")
    for place in PLACES.values():
        folder = root / place.format(name=name)
        if folder.exists() or folder.with_suffix(".py").exists():
            raise Refused(f"{folder.relative_to(root)} is there already: take another name.")


def filled(source: Path, words: Mapping[str, str]) -> str:
    """A template file with the words in their places."""
    return Template(source.read_text(encoding="utf-8")).substitute(words)


def independent(project: str, name: str) -> str:
    """The project file in which the new integration and the others may not import each other.

    Raises:
        Refused: the list is not where it was.
    """
    found = _INDEPENDENT.search(project)
    if found is None:
        raise Refused(f"{PROJECT} has no list of integrations that never import another: add it by hand.")
    listed = set(re.findall(r'"([^"]+)"', found[2])) | {f"sre_assistant.integrations.{name}"}
    lines = "".join(f'    "{module}",\n' for module in sorted(listed))
    return f"{project[: found.start()]}{found[1]}\n{lines}{found[3]}{project[found.end() :]}"


def registered(registry: str, words: Mapping[str, str]) -> str:
    """The registry of simulated servers with the new one in it, for houses that have a network.

    Raises:
        Refused: the registry is not as it was.
    """
    for anchor in (_FIRST_IMPORT, _FIRST_SERVER):
        if registry.count(anchor) != 1:
            raise Refused(f"{REGISTRY} has no line {anchor.strip()!r}: add the server by hand.")
    imported = Template("from sre_assistant.sim.servers.$name import $Class\n").substitute(words)
    served = Template('        **({"$name": $Class(live).app()} if house.devices else {}),\n').substitute(
        words
    )
    with_import = registry.replace(_FIRST_IMPORT, _FIRST_IMPORT + imported)
    end = with_import.index("    }\n", with_import.index(_FIRST_SERVER))
    return with_import[:end] + served + with_import[end:]


def write(files: Mapping[Path, str], root: Path = ROOT) -> None:
    """Writes all files, and puts the registry's imports in order."""
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    made = [str(path) for path in files if path.suffix == ".py"]
    subprocess.run([*ruff, "check", "--quiet", "--select", "I", "--fix", *made], cwd=root, check=True)
    subprocess.run([*ruff, "format", "--quiet", *made], cwd=root, check=True)


def main() -> int:
    """Make one integration."""
    parser = argparse.ArgumentParser(prog="make integration", description=__doc__)
    parser.add_argument("name", help="lower-case letters, e.g. adguard")
    parser.add_argument("--title", default="", help="what people call it, e.g. AdGuard Home")
    given = parser.parse_args()
    title = given.title or given.name.capitalize()
    try:
        write(planned(given.name, title))
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    places = {part: place.format(name=given.name) for part, place in PLACES.items()}
    print(_NEXT.format(name=given.name, title=title, project=PROJECT, registry=REGISTRY, **places), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
