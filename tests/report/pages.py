"""A page in a real browser: opened once it has drawn, and held to what every page of ours keeps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

CLIPPED = """[...document.querySelectorAll('.plot')].flatMap(plot => {
    const box = plot.getBoundingClientRect();
    return [...plot.querySelectorAll('text')].filter(text => {
        const own = text.getBoundingClientRect();
        return own.width && (own.left < box.left - 1 || own.right > box.right + 1);
    }).map(text => text.textContent);
})"""  # texts of a picture that stand out of it


def opened(browser: Any, path: Path, *, width: int, scheme: str, pictures: Sequence[str]) -> Any:
    """Return a tab that shows the page, all its pictures drawn."""
    tab = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    tab.errors, tab.requests = [], []
    tab.on("pageerror", lambda error: tab.errors.append(str(error)))
    tab.on("console", lambda told: tab.errors.append(told.text) if told.type == "error" else None)
    tab.on("request", lambda request: tab.requests.append(request.url))
    tab.goto(path.as_uri())
    for picture in pictures:
        tab.wait_for_selector(f"#{picture} .main-svg")
    return tab


def close_sound(tab: Any, path: Path) -> None:
    """Close a tab; it made no error, asked nobody, clipped no text, and was not too wide."""
    clipped = tab.evaluate(CLIPPED)
    too_wide = tab.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    tab.close()
    assert tab.errors == [], tab.errors
    assert tab.requests == [path.as_uri()], tab.requests
    assert clipped == [], clipped
    assert not too_wide
