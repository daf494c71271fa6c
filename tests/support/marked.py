"""Pages with a place for measured figures, between two markers."""


def between(text: str, figures: str, mark: str = "figures") -> str:
    """Return `text` with `figures` between its two markers. Raises ValueError when it does not have both."""
    first, last = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, start, rest = text.partition(f"{first}\n")
    _, end, after = rest.partition(last)
    if not (start and end):
        raise ValueError(f"there are no lines {first} and {last}")
    return f"{before}{start}{figures}{end}{after}"
