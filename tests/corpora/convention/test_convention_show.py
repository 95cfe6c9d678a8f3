"""Provisions shown: as a text tree for the terminal and as JSON for the API."""

import json
from importlib.resources import files

import palermo.corpora.convention as package
import pytest
from jsonschema import Draft202012Validator
from palermo.corpora.convention import as_json, render, tree
from palermo.corpora.errors import UsageError


def ids(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if line.split() and line.split()[0] in tree()]


def test_everything_is_shown_in_order():
    assert ids(render()) == [provision.id for provision in tree().walk()]
    assert all(instrument.name in render(depth=0) for instrument in tree().instruments)


def test_depth_counts_levels_below_the_start():
    assert ids(render(depth=0)) == []
    assert ids(render("SOM", depth=1)) == [article.id for article in tree().children("SOM")]
    assert ids(render("UNTOC.6", depth=1)) == ["UNTOC.6", "UNTOC.6.1", "UNTOC.6.2"]
    assert ids(render("UNTOC.6.1", depth=1)) == ["UNTOC.6", "UNTOC.6.1", "UNTOC.6.1.a", "UNTOC.6.1.b"]


def test_a_provision_is_shown_below_what_is_above_it():
    lines = render("UNTOC.6.1.b.i").splitlines()
    assert [line.split()[0] for line in lines] == ["UNTOC.6", "UNTOC.6.1", "UNTOC.6.1.b", "UNTOC.6.1.b.i"]
    assert [len(line) - len(line.lstrip()) for line in lines] == [0, 2, 4, 6]


def test_labels_carry_an_asterisk_and_can_be_shown_alone():
    for line in render().splitlines():
        if (words := line.split()) and words[0] in tree():
            assert (words[1] == "*") == tree().get(words[0]).label
    assert ids(render(labels_only=True)) == list(tree().labels)
    assert ids(render("UNTOC.8.1.a", labels_only=True)) == ["UNTOC.8", "UNTOC.8.1.a"]
    assert ids(render("UNTOC", depth=1, labels_only=True)) == [a for a in tree().articles if a.startswith("UNTOC")]


def test_a_line_ends_with_the_description_and_the_text_without_a_line_feed():
    assert render("TIP.3.d").splitlines()[-1].endswith(tree().get("TIP.3.d").description)
    assert not render("TIP").endswith("\n")


@pytest.mark.parametrize("id_", [None, "FIREARMS", "UNTOC.6", "UNTOC.6.1.b.i"])
def test_the_json_follows_its_schema(id_):
    schema = json.loads(files(package).joinpath("listing.schema.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(json.dumps(as_json(id_))))


def test_the_json_lists_a_branch_with_its_parents_named():
    listing = as_json("UNTOC.23")
    assert [(p["id"], p["parent"]) for p in listing["provisions"]] == [
        ("UNTOC.23", None),
        ("UNTOC.23.a", "UNTOC.23"),
        ("UNTOC.23.b", "UNTOC.23"),
    ]
    assert [instrument["id"] for instrument in listing["instruments"]] == ["UNTOC"]
    assert listing["taxonomy"] == tree().taxonomy
    assert len(as_json()["provisions"]) == len(tree())


@pytest.mark.parametrize("show", [render, as_json])
def test_an_unknown_id_is_a_usage_error(show):
    with pytest.raises(UsageError, match="did you mean"):
        show("UNTOC.6.1.z")
