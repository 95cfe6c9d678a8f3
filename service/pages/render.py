"""Renders pages: of the service, an analysis as a file on its own, the description of the API.

The page routes and the HTML export call it. Templates escape everything; a page carries no inline style or script
but, where it is a file on its own, the two that its own content policy names by their hash.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from palermo.service.pages.i18n import Words, words_of
from palermo.service.pages.view import view

if TYPE_CHECKING:
    from jinja2 import Environment

ASSETS = {
    "palermo.css": "text/css",
    "work.css": "text/css",
    "icon.svg": "image/svg+xml",
    "folder.js": "text/javascript",
    "upload.js": "text/javascript",
    "analysis.js": "text/javascript",
    "review.js": "text/javascript",
    "selection.js": "text/javascript",
    "batch.js": "text/javascript",
    "vendor/htmx.min.js": "text/javascript",
}
"""Files of `assets/` that the service hands out, with their media types."""


@lru_cache(maxsize=16)
def asset(name: str) -> str:
    """The text of a file of `assets/`."""
    return files("palermo.service.pages").joinpath("assets").joinpath(name).read_text("utf-8")


def render(template: str, words: Words, **values: Any) -> str:
    """A template of `templates/` in a language."""
    return _environment().get_template(template).render(t=words, **values)


def analysis_alone(result: dict[str, Any]) -> str:
    """An analysis as a page on its own: one file, nothing loaded from anywhere."""
    style, script = asset("palermo.css"), asset("analysis.js")
    alone = {
        "style": style,
        "script": script,
        "policy": f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'",
    }
    return render("analysis.html", words_of("en"), view=view(result), alone=alone, site=None)


def _hash(text: str) -> str:
    """A CSP source for inline content (CSP level 3, section 2.3.1)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("palermo.service.pages", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Only for the two files of this package that go inline; everything else is escaped.
    environment.filters["verbatim"] = Markup
    return environment
