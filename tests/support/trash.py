"""What was removed and is not deleted yet: that goes on in the background, and is waited for."""

from pathlib import Path

from tests.support.fab import until


def trash(state: Path) -> list[str]:
    """What lies in the trash of an environment."""
    return sorted(path.name for path in (state / "trash").glob("*"))


def deleted(state: Path) -> list[str]:
    """What is still there when all was tried: nothing, or what cannot be deleted."""

    def over() -> bool:
        found = trash(state)
        return all(name.endswith(".left") or f"{name}.left" in found for name in found)

    until(over)
    return trash(state)
