"""The tree of provisions: complete in itself, labelled as the annotation guide says, quick to navigate."""

import json
import subprocess
import sys
from dataclasses import FrozenInstanceError, replace
from importlib.resources import files

import palermo.corpora.convention as package
import pytest
from jsonschema import Draft202012Validator
from palermo.corpora.convention import Convention, article_of, tree
from palermo.corpora.errors import UsageError

DATA = files(package)
ARTICLES = {"UNTOC": 41, "TIP": 20, "SOM": 25, "FIREARMS": 21}
LABELLED_ARTICLES = {
    "UNTOC": [2, 3, *range(5, 30), 31],
    "TIP": [3, *range(5, 13)],
    "SOM": [3, 5, 6, 8, 11, 12, 15, 16, 18],
    "FIREARMS": [3, *range(5, 12), 15],
}
FINER = [
    *("UNTOC.5.1.a.i", "UNTOC.5.1.a.ii", "UNTOC.5.1.b", "UNTOC.5.2"),
    *(
        "UNTOC.6.1.a.i",
        "UNTOC.6.1.a.ii",
        "UNTOC.6.1.b.i",
        "UNTOC.6.1.b.ii",
        "UNTOC.6.2.a",
        "UNTOC.6.2.e",
        "UNTOC.6.2.f",
    ),
    *("UNTOC.8.1.a", "UNTOC.8.1.b", "UNTOC.8.2"),
    *("UNTOC.12.1", "UNTOC.12.2", "UNTOC.12.4", "UNTOC.12.7", "UNTOC.12.8"),
    *("UNTOC.20.cd", "UNTOC.20.es", "UNTOC.20.uc"),
    *("UNTOC.23.a", "UNTOC.23.b"),
]


def read(name: str):
    return json.loads(DATA.joinpath(name).read_bytes())


def test_the_data_files_follow_their_schema():
    schema = read("provisions.schema.json")
    Draft202012Validator.check_schema(schema)
    index = read("convention.json")
    Draft202012Validator({"$ref": "#/$defs/convention", "$defs": schema["$defs"]}).validate(index)
    for instrument in index["instruments"]:
        Draft202012Validator(schema).validate(read(instrument["provisions"]))


@pytest.mark.parametrize("name", ["untoc.json", "tip.json", "som.json", "firearms.json"])
def test_articles_alone_carry_a_heading(name):
    for row in read(name):
        assert ("heading" in row) == (row["id"].count(".") == 1), row["id"]


def test_no_id_occurs_twice_and_every_file_keeps_to_its_instrument():
    index = read("convention.json")["instruments"]
    ids = [(entry["id"], row["id"]) for entry in index for row in read(entry["provisions"])]
    assert len({id_ for _, id_ in ids}) == len(ids) == len(tree())
    assert all(id_.startswith(f"{instrument}.") for instrument, id_ in ids)


def test_the_four_instruments_have_all_their_articles_in_order():
    for instrument, count in ARTICLES.items():
        articles = tree().children(instrument)
        assert [article.article for article in articles] == list(range(1, count + 1))
        assert {article.level for article in articles} == {"article"}
    assert [instrument.id for instrument in tree().instruments] == list(ARTICLES)


def test_numbers_and_letters_run_without_a_gap():
    runs = {
        "paragraph": [str(n) for n in range(1, 40)],
        "subparagraph": list("abcdefghijklmnop"),
        "item": ["i", "ii", "iii", "iv", "v"],
        "subitem": list("abcdef"),
        "facet": ["cd", "es", "uc"],
    }
    for above in [*tree().instruments, *tree().walk()]:
        last = [(child.level, child.path[-1]) for child in tree().children(above.id) if child.path]
        for level, run in runs.items():
            numbers = [number for kind, number in last if kind == level]
            assert numbers == run[: len(numbers)], above.id


def test_labels_are_the_55_articles_and_24_finer_ones_of_the_guide():
    expected = [f"{i}.{n}" for i, numbers in LABELLED_ARTICLES.items() for n in numbers]
    assert list(tree().articles) == expected
    assert list(tree().finer) == FINER
    assert (len(tree().articles), len(tree().finer), len(tree().labels)) == (55, 24, 79)


def test_labels_stand_in_treaty_order_each_finer_one_after_its_article():
    labels = tree().labels
    assert sorted(labels, key=tree().sort_key) == list(labels)
    for finer in tree().finer:
        article = labels.index(article_of(finer))
        between = labels[article + 1 : labels.index(finer)]
        assert all(article_of(label) == article_of(finer) for label in between)


def test_a_provision_knows_its_place():
    provision = tree().get("UNTOC.6.1.b.i")
    assert (provision.instrument, provision.article, provision.path) == ("UNTOC", 6, ("1", "b", "i"))
    assert (provision.level, provision.label) == ("item", True)
    assert provision.heading == tree().get("UNTOC.6").heading
    with pytest.raises(FrozenInstanceError):
        provision.label = False


@pytest.mark.parametrize(
    ("id_", "level"),
    [
        ("UNTOC.2.i", "subparagraph"),
        ("UNTOC.18.3.i", "subparagraph"),
        ("UNTOC.15.2.c.i", "item"),
        ("UNTOC.5.1.a.ii.a", "subitem"),
        ("UNTOC.18.29", "paragraph"),
        ("UNTOC.20.uc", "facet"),
    ],
)
def test_the_level_follows_the_place_not_the_letter(id_, level):
    assert tree().get(id_).level == level


def test_ancestors_go_up_to_the_article_and_children_come_back_down():
    above = tree().ancestors("UNTOC.5.1.a.ii.b")
    assert [p.id for p in above] == ["UNTOC.5.1.a.ii", "UNTOC.5.1.a", "UNTOC.5.1", "UNTOC.5"]
    assert tree().parent("UNTOC.5") is None
    for provision in tree().walk():
        parent = tree().parent(provision.id)
        assert provision in tree().children(parent.id if parent else provision.instrument)


def test_walking_gives_a_branch_an_instrument_or_everything_in_treaty_order():
    assert [p.id for p in tree().walk("UNTOC.10")] == ["UNTOC.10", *(f"UNTOC.10.{n}" for n in range(1, 5))]
    assert {p.instrument for p in tree().walk("SOM")} == {"SOM"}
    assert sum(1 for i in tree().instruments for _ in tree().walk(i.id)) == len(list(tree().walk())) == len(tree())
    positions = [tree().sort_key(p.id) for p in tree().walk()]
    assert positions == list(range(len(tree())))


def test_sorting_is_by_number_and_by_treaty_order():
    shuffled = ["TIP.5", "UNTOC.10", "UNTOC.20.cd", "UNTOC.2.b", "UNTOC.20.4", "FIREARMS.3", "UNTOC.2", "SOM.6"]
    expected = ["UNTOC.2", "UNTOC.2.b", "UNTOC.10", "UNTOC.20.4", "UNTOC.20.cd", "TIP.5", "SOM.6", "FIREARMS.3"]
    assert sorted(shuffled, key=tree().sort_key) == expected


def test_the_article_of_an_id():
    assert article_of("UNTOC.6.1.b.i") == article_of("UNTOC.6") == tree().article_of("UNTOC.6.1") == "UNTOC.6"


@pytest.mark.parametrize(
    ("id_", "label"),
    [
        ("UNTOC.6.1.b.i", "UNTOC.6.1.b.i"),
        ("UNTOC.6.1.b", "UNTOC.6"),
        ("UNTOC.6.2.c", "UNTOC.6.2.a"),
        ("UNTOC.12.5", "UNTOC.12.4"),
        ("UNTOC.12.1.b", "UNTOC.12.1"),
        ("UNTOC.5.1.a.ii.b", "UNTOC.5.1.a.ii"),
        ("UNTOC.20.1", "UNTOC.20"),
        ("UNTOC.35.2", None),
        ("TIP.2.a", None),
    ],
)
def test_any_provision_leads_to_the_label_that_speaks_for_it(id_, label):
    assert tree().label_for(id_) == label


def test_a_label_covers_only_sisters_that_are_no_labels():
    for provision in tree().walk():
        for covered in provision.covers:
            assert provision.label
            assert not tree().get(covered).label
            assert tree().parent(covered) == tree().parent(provision.id)


@pytest.mark.parametrize(
    "method",
    ["get", "children", "parent", "ancestors", "walk", "article_of", "sort_key", "label_for", "instrument"],
)
def test_an_unknown_id_is_a_usage_error_with_near_ones(method):
    with pytest.raises(UsageError, match=r"did you mean UNTOC\.6\.1\.a\.i") as caught:
        getattr(tree(), method)("untoc.6.1.a.iii")
    assert caught.value.status == 400


def test_an_instrument_is_no_provision_but_has_children():
    with pytest.raises(UsageError, match=r"no provision 'TIP' .*did you mean TIP\.\d"):
        tree().get("TIP")
    assert tree().instrument("TIP.3.a").short_name == "Trafficking in Persons Protocol"
    assert "TIP" not in tree()
    assert "TIP.3" in tree()


@pytest.mark.parametrize("id_", ["", ".", "\x00", "🙂" * 100_000, "UNTOC." * 100_000, "UNTOC.6.1.b.i\n"])
def test_a_hostile_id_gets_a_short_error(id_):
    with pytest.raises(UsageError) as caught:
        tree().get(id_)
    assert len(str(caught.value)) < 1000


def test_descriptions_differ_among_sisters_and_are_one_line():
    for above in [*tree().instruments, *tree().walk()]:
        lines = [child.description for child in tree().children(above.id)]
        assert len(set(lines)) == len(lines), above.id
        assert not any("\n" in line or "  " in line for line in lines)


def test_the_taxonomy_changes_with_labels_and_headings_but_not_with_descriptions():
    provisions = list(tree().walk())
    first = provisions[0]

    def taxonomy(changed):
        return Convention("1.0", tree().instruments, [changed, *provisions[1:]]).taxonomy

    assert taxonomy(first) == tree().taxonomy
    assert taxonomy(replace(first, description="Other words.")) == tree().taxonomy
    for change in ({"label": True}, {"heading": "Other"}, {"covers": ("UNTOC.2",)}):
        assert taxonomy(replace(first, **change)) != tree().taxonomy


def test_the_tree_is_read_once():
    assert tree() is tree()


def test_reading_the_tree_needs_the_standard_library_only():
    code = (
        "import sys\nbefore = set(sys.modules)\nfrom palermo.corpora.convention import tree\ntree()\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names) - {'palermo'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_exported_name_is_there():
    assert sorted(package.__all__) == package.__all__
    assert all(hasattr(package, name) for name in package.__all__)
