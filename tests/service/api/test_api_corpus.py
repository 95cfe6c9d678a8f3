"""The export of what people decided as labelled passages: what is in it, and that training's reader takes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from palermo.corpora.convention import tree
from palermo.corpora.labelled.checks import check
from palermo.corpora.labelled.passages import LabelledPassage, read_passages
from palermo.service.jobs.labelling import labels_of
from palermo.service.store.analyses import passages
from palermo.service.store.people import add_user
from palermo.service.store.records import TagRecord
from palermo.service.store.reviews import Step, review

TEXT = (
    "IN THE HIGH COURT OF ARDENIA\n\nThe State v Marlow\n\n"
    "1. The proceeds of the fraud, £5 \U0001d538, were hidden. He knew it.\n\n"
    "2. Extradition and the proceeds are two matters.\n\n"
    "3. Extradition was refused.\n\n"
    "4. The proceeds again.\n\n"
    "5. Costs follow."
)


def decide(service: Any, document: str, index: int, provision: str, action: Any, who: int | None = None) -> None:
    with service.app.state.store.write() as session:
        passage = passages(session, document)[index].id
        review(session, Step(passage, provision, action), reviewer=who)


def exported(service: Any, document: str, folder: Path) -> dict[str, LabelledPassage]:
    """The passages of an export by their text's beginning, once training's reader and the checks have passed them."""
    path = folder / "corrections.jsonl"
    path.write_bytes(service.exported({"format": "corpus", "documents": [document]}))
    assert check(path) == []
    return {one.text.split()[0]: one for one in read_passages(path)}


def test_reviewed_passages_come_back_with_their_words_at_their_place(service: Any, tmp_path: Path) -> None:
    document = service.give(TEXT, kind="judgment")["documents"][0]
    service.client.patch(f"/v1/documents/{document}", json={"title": "Marlow", "state": "XA"})
    index = {one["number"]: one["index"] for one in service.get(f"/v1/documents/{document}/passages")}
    decide(service, document, index["1"], "UNTOC.6", "accept")
    decide(service, document, index["1"], "UNTOC.6.1.a.i", "add")
    decide(service, document, index["2"], "UNTOC.16", "reject")
    decide(service, document, index["5"], "TIP.5", "add")
    found = exported(service, document, tmp_path)
    # The third and fourth passage have tags that nobody looked at.
    assert list(found) == ["1.", "2.", "5."]
    text = service.get(f"/v1/documents/{document}/text")["text"]
    for one in found.values():
        assert text[one.start : one.end] == one.text
        assert (one.kind, one.language, one.doc_id, one.title, one.jurisdiction) == (
            *("judgment", "en", document, "Marlow", "XA"),
        )
    assert (found["1."].labels, found["1."].maybe) == (("UNTOC.6", "UNTOC.6.1.a.i"), ())
    assert (found["2."].labels, found["2."].maybe) == ((), ("UNTOC.6",))
    assert (found["5."].labels, found["5."].maybe) == (("TIP.5",), ())
    assert found["1."].id == service.get(f"/v1/documents/{document}/passages")[index["1"]]["id"]


def test_what_reviewers_disagree_on_counts_neither_way_until_it_is_settled(service: Any, tmp_path: Path) -> None:
    document = service.give(TEXT)["documents"][0]
    index = next(one["index"] for one in service.get(f"/v1/documents/{document}/passages") if one["number"] == "4")
    with service.app.state.store.write() as session:
        ann, ben = (add_user(session, name, "editor", "$argon2id$x").id for name in ("ann", "ben"))
    decide(service, document, index, "UNTOC.6", "reject", ann)
    decide(service, document, index, "UNTOC.6", "accept", ben)
    assert exported(service, document, tmp_path)["4."].maybe == ("UNTOC.6",)
    with service.app.state.store.write() as session:
        passage = passages(session, document)[index].id
        review(session, Step(passage, "UNTOC.6", "reject", adjudication=True), reviewer=ann)
    found = exported(service, document, tmp_path)["4."]
    assert (found.labels, found.maybe) == ((), ())


def test_of_documents_that_nobody_reviewed_there_is_nothing(service: Any) -> None:
    service.give(TEXT)
    assert service.exported({"format": "corpus", "filter": {}}) == b""


def tag(provision: str, verdict: str, noted: bool = True) -> TagRecord:
    decision = "review" if noted else "none"
    return TagRecord(
        *(1, "d" * 64, "a.txt", None, "p" * 32, 0, "1", 0, 10, provision, 1, 0.5, 0.6, False, decision, verdict),
        *(None, None, None, "en", None, None),
    )


@pytest.mark.parametrize(
    ("tags", "labels", "maybe"),
    [
        ([tag("UNTOC.6.1.b.i", "accepted")], ["UNTOC.6", "UNTOC.6.1.b.i"], []),
        ([tag("UNTOC.6", "changed"), tag("UNTOC.6.1.b.i", "added")], ["UNTOC.6", "UNTOC.6.1.b.i"], []),
        ([tag("UNTOC.6", "accepted"), tag("UNTOC.6.1.b.i", "open")], ["UNTOC.6"], ["UNTOC.6.1.b.i"]),
        ([tag("UNTOC.6", "rejected"), tag("UNTOC.6.1.b.i", "open")], [], []),
        ([tag("UNTOC.16", "rejected"), tag("UNTOC.6.1.b.i", "open")], [], ["UNTOC.6", "UNTOC.6.1.b.i"]),
        ([tag("UNTOC.16", "accepted"), tag("UNTOC.5", "open", noted=False)], ["UNTOC.16"], []),
        ([tag("TIP.5", "added"), tag("UNTOC.5", "accepted")], ["UNTOC.5", "TIP.5"], []),
    ],
)
def test_labels_have_their_articles_and_refusals_reach_below(
    tags: list[TagRecord], labels: list[str], maybe: list[str]
) -> None:
    assert labels_of(tags, set()) == (labels, maybe)


def test_a_provision_without_a_label_of_its_own_counts_for_the_label_that_speaks_for_it() -> None:
    spoken = {one.id: tree().label_for(one.id) for one in tree().walk("UNTOC.6")}
    inner, label = next((id_, label) for id_, label in spoken.items() if label not in (None, id_))
    assert labels_of([tag(inner, "accepted")], set())[0][-1] == label
    # Refusing a part is no refusal of the whole.
    assert labels_of([tag(inner, "rejected"), tag(str(label), "accepted")], set())[0][-1] == label


def test_a_folder_is_not_tagged_into_a_format_of_reviews(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from palermo.service import cli

    with pytest.raises(SystemExit) as caught:
        cli.main(["tag", "--text", "The proceeds.", "--format", "corpus", "--output", str(tmp_path / "out")])
    assert caught.value.code == 2
    assert "corpus" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
