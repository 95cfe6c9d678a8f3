"""Real pages and Akoma Ntoso files, where the originals are beside the checkout: nothing lost, promises kept."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from lxml import etree
from palermo.corpora.documents.conformance import check
from palermo.corpora.documents.readers import read_bytes

ORIGINALS = Path(__file__).parents[4] / "shared" / "originals"
FILES = sorted([*ORIGINALS.glob("html/*.html"), *ORIGINALS.glob("akn/*.xml")])

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not FILES, reason="the folder of originals is not beside the checkout"),
]


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_an_original_keeps_all_promises(path: Path) -> None:
    document = read_bytes(path.read_bytes(), path.name)
    assert check(document) == []
    assert document.warnings == ()
    assert len(document.blocks) > 10


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".xml"], ids=lambda path: path.stem)
def test_every_character_of_an_act_or_judgment_is_in_the_text(path: Path) -> None:
    root = etree.fromstring(path.read_bytes())
    for meta in list(root.iter("{*}meta")):
        above = meta.getparent()
        assert above is not None
        above.remove(meta)
    source = Counter("".join("".join(root.itertext(etree.Element)).split()))
    shown = Counter("".join(read_bytes(path.read_bytes(), path.name).text.split()))
    assert source - shown == Counter()
