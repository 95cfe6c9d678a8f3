"""What the confined reading process costs is measured against reading in this process, in one run."""

from click.testing import CliRunner
from palermo.corpora.documents import isolation
from palermo.corpora.documents.isolation import MOST_SECONDS, Cost

NAMES = ("firearms-smuggling-en.txt", "crime-group-zh.html")
DOCUMENTS = {name: data for name, data in isolation.samples().items() if name in NAMES}


def test_confinement_costs_a_small_document_little() -> None:
    costs = isolation.measure(DOCUMENTS, rounds=3)
    assert [cost.name for cost in costs] == sorted(NAMES)
    for cost in costs:
        assert cost.characters > 2_000
        assert cost.here_processor > 0
        assert cost.confined_processor < 3 * cost.here_processor, "a document is not read over again, or twice"


def test_the_verdict_goes_by_processor_time(monkeypatch) -> None:
    def costs(extra: float) -> list[Cost]:
        return [Cost("a.txt", 10, here=1.0, confined=9.0, here_processor=0.01, confined_processor=0.01 + extra)]

    for extra, status in ((MOST_SECONDS / 2, 0), (MOST_SECONDS * 2, 1)):
        monkeypatch.setattr(isolation, "measure", lambda *_, extra=extra: costs(extra))
        result = CliRunner().invoke(isolation.main, [])
        assert result.exit_code == status
        more = extra * 1000
        assert f"| a.txt | 10 | 10.0 | {10 + more:.1f} | {more:.1f} | {1 + more / 10:.2f} | 8000.0 |" in result.output
