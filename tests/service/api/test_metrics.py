"""/metrics in Prometheus' text format: right figures, no words of anybody's, and only for those who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.errors import ModelError
from palermo.corpora.settings import Settings
from palermo.service.analysis import DeferredTagger
from palermo.service.api import create_app
from palermo.service.meters import Histogram
from palermo.service.store import Store, open_store

TEXT = "1. The proceeds went to Canarywharfia."
SECRET = "s" * 32
SAMPLE = re.compile(r'([a-z_]+)(\{([a-z_]+="[^"\\\n]*",?)*\})? (-?[0-9.e+-]+|\+Inf|NaN)')


def figures(page: str) -> dict[str, float]:
    """Each sample's value by its name and labels; every line is what the format allows, every metric is described."""
    found = {}
    described: set[str] = set()
    assert page.endswith("\n")
    for line in page.splitlines():
        if line.startswith("# "):
            described.add(line.split(" ")[2])
            continue
        match = SAMPLE.fullmatch(line)
        assert match, line
        assert re.sub("_(bucket|sum|count)$", "", match[1]) in described or match[1] in described, line
        name = line.rpartition(" ")[0]
        assert name not in found
        found[name] = float(match[4])
    return found


def test_requests_jobs_and_times_are_counted(service: Any) -> None:
    service.give(TEXT, title="Canarywharfia")
    service.give("%PDF-1.7 Canarywharfia")
    service.get("/v1/documents?state=Canarywharfia")
    service.client.get("/Canarywharfia")
    page = service.client.get("/metrics")
    assert page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "anarywharfia" not in page.text
    found = figures(page.text)
    assert found['palermo_requests_total{method="POST",route="/v1/documents",status="202"}'] == 2
    assert found['palermo_requests_total{method="GET",route="/v1/documents",status="200"}'] == 1
    assert found['palermo_requests_total{method="GET",route="none",status="404"}'] == 1
    assert found['palermo_request_seconds_count{method="POST",route="/v1/documents"}'] == 2
    assert found['palermo_request_seconds_bucket{method="POST",route="/v1/documents",le="+Inf"}'] == 2
    assert found['palermo_jobs{state="done"}'] == found['palermo_jobs_ended_total{outcome="done"}'] == 1
    assert found['palermo_jobs{state="failed"}'] == found['palermo_jobs_ended_total{outcome="failed"}'] == 1
    assert found['palermo_jobs{state="queued"}'] == 0
    assert found["palermo_tagging_seconds_count"] == 1
    assert found["process_resident_memory_bytes"] > 10_000_000


def test_a_histogram_counts_what_took_no_longer_than_each_bound() -> None:
    histogram = Histogram("x", "X.", (1.0, 2.0))
    for seconds in (0.5, 1.0, 1.5, 3.0):
        histogram.observe(seconds)
    found = figures("\n".join(histogram.lines()) + "\n")
    assert found == {'x_bucket{le="1"}': 2, 'x_bucket{le="2"}': 3, 'x_bucket{le="+Inf"}': 4, "x_sum": 6, "x_count": 4}


def test_the_secret_opens_the_metrics_and_nothing_else(store: Store, tagger: Any, pool: ParserPool) -> None:
    limits = Settings(accounts="on", metrics_token=SECRET)
    with TestClient(create_app(tagger, limits=limits, pool=pool, store=store)) as client:
        bearer = {"Authorization": f"Bearer {SECRET}"}
        assert client.get("/metrics", headers=bearer).status_code == 200
        assert client.get("/v1/documents", headers=bearer).status_code == 401
        for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {SECRET}x"}):
            assert client.get("/metrics", headers=wrong).status_code == 401
    assert SECRET not in repr(limits)


def test_without_a_secret_an_empty_one_opens_nothing(store: Store, tagger: Any, pool: ParserPool) -> None:
    with TestClient(create_app(tagger, limits=Settings(accounts="on"), pool=pool, store=store)) as client:
        assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


@pytest.fixture
def broken(tagger: Any, pool: ParserPool, tmp_path: Any) -> Any:
    """A service whose model is missing and whose database has no tables."""

    def missing() -> Any:
        raise ModelError("weights missing")

    store = open_store(f"sqlite:///{tmp_path / 'new.sqlite'}")
    store.migrate()
    app = create_app(DeferredTagger(missing), pool=pool, store=store)
    with TestClient(app) as client:
        with store.connection() as connection:
            connection.exec_driver_sql("DROP TABLE alembic_version")
        yield client
    store.close()


def test_a_service_that_can_not_work_says_all_reasons(broken: Any) -> None:
    for thread in broken.app.state.jobs._threads[:1]:
        thread.join()  # without a model it ends by itself
    answer = broken.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    detail = answer.json()["detail"]
    for reason in ("the model is not loaded", "the database does not answer", "no worker takes jobs"):
        assert reason in detail
    broken.app.state.jobs.quit()
    assert "the service is stopping" in broken.get("/readyz").json()["detail"]
    assert broken.get("/healthz").status_code == 200


def test_an_answer_carries_the_id_of_its_request(service: Any) -> None:
    given = "0123456789abcdef0123456789abcdef"
    assert service.client.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"] == given
    made = service.client.get("/healthz", headers={"X-Request-ID": "palermo_Secret"}).headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", made)
