"""What an installation takes on disk."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from figures import Figure

_LOCK = Path(__file__).parents[1] / "requirements.lock"
_BLOCK = 512
_WEB = ("fastapi", "uvicorn", "starlette", "pydantic", "pydantic-core", "anyio", "h11", "click", "idna")


def measure() -> list[Figure]:
    """The packages of the core lock with their byte code, as they lie in this environment."""
    names = re.findall(r"^([a-z0-9-]+)==", _LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    return [
        Figure(
            what="the core on disk",
            value=sum(map(_megabytes, names)),
            unit="MB",
            bound=160,
            peer="FastAPI and uvicorn alone",
            peer_value=sum(map(_megabytes, _WEB)),
            note=f"numpy alone: {_megabytes('numpy'):.0f} MB",
        )
    ]


def _megabytes(name: str) -> float:
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:  # one for another platform
        return 0.0
    paths = {Path(str(file.locate())) for file in files}
    caches = {cache for path in paths if path.suffix == ".py" for cache in _byte_code(path)}
    return sum(path.stat().st_blocks for path in paths | caches if path.is_file()) * _BLOCK / 1e6


def _byte_code(path: Path) -> list[Path]:
    return list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))
