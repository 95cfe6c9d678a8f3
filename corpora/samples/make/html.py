"""Renders a sample as a page of a court's or gazette's web site, with the menus and scripts that such pages have."""

from __future__ import annotations

from html import escape

from palermo.corpora.samples.make.source import Item, Source, runs

_PAGE = """<!DOCTYPE html>
<html lang="{language}" dir="{direction}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<style>body {{ font-family: serif; margin: 0 auto; max-width: 42em }} .num {{ padding-right: .5em }}</style>
<script>document.documentElement.className = "js";</script>
</head>
<body>
<nav><ul><li><a href="/">{state}</a></li><li><a href="/search">&#8981;</a></li></ul></nav>
<main>
<article>
{body}
</article>
</main>
<footer><p>&copy; {year} {state}</p></footer>
</body>
</html>
"""


def render(source: Source) -> bytes:
    """UTF-8 HTML 5."""
    meta = source.meta
    page = _PAGE.format(
        language=meta["language"],
        direction="rtl" if meta["language"] == "ar" else "ltr",
        title=escape(meta["title"]),
        state=escape(meta["state"]),
        year=meta["date"][:4],
        body="\n".join(_element(item) for item in source.items),
    )
    return page.encode()


def _element(item: Item) -> str:
    words = "".join(f"<em>{escape(text)}</em>" if italic else escape(text) for text, italic in runs(item.text))
    if item.type == "title":
        return f"<h1>{words}</h1>"
    if item.type == "heading":
        return f"<h{item.level + 1}>{words}</h{item.level + 1}>"
    if item.type == "cover":
        return f'<p class="cover">{words}</p>'
    number = f'<span class="num">{item.number}.</span> ' if item.number else ""
    return f"<p>{number}{words}</p>"
