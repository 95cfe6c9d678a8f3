"""A file that hurts its reader costs one child process, with a reason, in time; and a child can do little harm."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from palermo.corpora.documents import sandbox_frames as frames
from palermo.corpora.documents import sandbox_limits
from palermo.corpora.documents.document import Block, Document, MetadataValue, Passage, Run, Warning
from palermo.corpora.documents.sandbox import ParserPool
from palermo.corpora.errors import EmptyDocument, LimitExceeded, ParserFailed
from palermo.corpora.settings import Settings, settings

PROLOGUE = """
import ctypes, os, socket, subprocess, sys, threading, time
from palermo.corpora.documents import sandbox_child
from palermo.corpora.documents.document import Block, Document
from palermo.corpora.errors import EmptyDocument

def say(text):
    return Document("x", "x", "text/plain", "test/1", str(text), blocks=(Block(0, len(str(text))),))

def attempt(action):
    try:
        return say(action())
    except BaseException as error:
        return say(type(error).__name__)

def read(data, name, kind=None, language=None):
{body}

sandbox_child.serve(read)
"""

Pool = Callable[..., ParserPool]


@pytest.fixture
def pool() -> Iterator[Pool]:
    """Makes pools whose children run the given body as their reader."""
    made: list[ParserPool] = []

    def make(body: str, **limits: object) -> ParserPool:
        limits = {"parser_seconds": 30.0, "parser_workers": 1, **limits}
        code = PROLOGUE.format(body="\n".join(f"    {line}" for line in body.strip().splitlines()))
        made.append(ParserPool(limits=Settings(**limits), program=("-c", code)))
        return made[-1]

    yield make
    for one in made:
        one.close()


def failure(pool: ParserPool, data: bytes = b"x") -> str:
    with pytest.raises(ParserFailed) as caught:
        pool.read(data, "case.pdf")
    assert caught.value.source == "case.pdf"
    return caught.value.message


def test_a_document_comes_back_whole(pool: Pool) -> None:
    reader = pool('return say(f"{data.decode()} {name} {kind} {language}")')
    document = reader.read("naïve 😀".encode(), "/folder/case.txt", kind="statute", language="fr")
    assert document.text == "naïve 😀 case.txt statute fr"
    assert document.name == "case.txt"
    assert document.sha256 == hashlib.sha256("naïve 😀".encode()).hexdigest()


def test_the_same_child_reads_the_next_document(pool: Pool) -> None:
    reader = pool("return say(os.getpid())")
    assert reader.read(b"a", "a").text == reader.read(b"b", "b").text


def test_errors_of_readers_pass_through_with_their_kind(pool: Pool) -> None:
    reader = pool('raise EmptyDocument("there is no text in it", hint="try another")')
    with pytest.raises(EmptyDocument, match="there is no text") as caught:
        reader.read(b"x", "case.txt")
    assert caught.value.to_json()["hint"] == "try another"


def test_an_unforeseen_error_names_its_type_and_quotes_nothing(pool: Pool) -> None:
    message = failure(pool('raise KeyError("secret words of the document")'))
    assert message == "the reader failed with KeyError"


def test_a_hang_ends_at_the_wall_clock_limit(pool: Pool) -> None:
    reader = pool("os.read(os.pipe()[0], 1)", parser_seconds=1.0)
    started = time.monotonic()
    assert "longer than 1 s" in failure(reader)
    assert time.monotonic() - started < 1 + 5


def test_endless_work_ends_at_the_processor_limit(pool: Pool) -> None:
    assert "1 s of processor time" in failure(pool("while True: pass", parser_cpu_seconds=1))


def test_processor_time_is_counted_for_each_document(pool: Pool) -> None:
    reader = pool(
        "end = time.process_time() + 0.7\nwhile time.process_time() < end: pass\nreturn say(os.getpid())",
        parser_cpu_seconds=2,
    )
    assert len({reader.read(b"x", "x").text for _ in range(6)}) == 1


def test_a_memory_bomb_ends_with_its_reason(pool: Pool) -> None:
    reader = pool("return say(len(bytearray(10**10)))", parser_memory_bytes=500_000_000)
    assert "memory" in failure(reader)


def test_a_crash_is_one_failed_document_and_the_next_is_read(pool: Pool) -> None:
    reader = pool('if data == b"bad": ctypes.string_at(0)\nreturn say("fine")')
    assert "crashed" in failure(reader, b"bad")
    assert reader.read(b"good", "good").text == "fine"


def test_a_failed_document_is_not_tried_again(pool: Pool) -> None:
    reader = pool("os._exit(3)")
    assert failure(reader) == "the reading process ended with status 3"
    assert reader._idle == []


def test_too_large_an_answer_is_refused(pool: Pool) -> None:
    assert "larger than" in failure(pool('return say("x" * 200_000)', parser_result_bytes=100_000))


def test_what_a_library_prints_does_not_disturb_the_answer(pool: Pool) -> None:
    reader = pool('print("noise", flush=True)\nos.write(1, b"noise")\nreturn say("fine")')
    assert reader.read(b"x", "x").text == "fine"


def test_a_source_above_the_limit_is_refused_before_any_child_starts() -> None:
    with pytest.raises(LimitExceeded):
        ParserPool(program=("-c", "raise SystemExit")).read(bytes(settings().document_bytes + 1), "big.txt")


def test_a_child_is_replaced_after_its_share_of_documents(pool: Pool) -> None:
    reader = pool("return say(os.getpid())", parser_recycle_documents=2)
    assert len({reader.read(b"x", "x").text for _ in range(4)}) == 2


def test_a_child_that_grew_is_replaced(pool: Pool) -> None:
    reader = pool("return say(os.getpid())", parser_recycle_bytes=1)
    assert len({reader.read(b"x", "x").text for _ in range(2)}) == 2


def test_a_child_sees_no_variable_of_its_parent(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PALERMO_DATABASE", "secret")
    monkeypatch.setenv("AWS_SECRET", "secret")
    seen = pool("return say(sorted(os.environ))").read(b"x", "x").text
    assert "SECRET" not in seen
    assert "DATABASE" not in seen


def test_no_process_group_outlives_its_document(pool: Pool) -> None:
    reader = pool("return say(os.getpgid(0))")
    group = int(reader.read(b"x", "x").text)
    assert group != os.getpgid(0)
    reader.close()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


@pytest.mark.parametrize(
    ("layer", "action"),
    [
        ("calls", 'socket.create_connection(("127.0.0.1", 9))'),
        ("calls", "subprocess.run([sys.executable, '-c', ''])"),
        ("calls", "os.fork()"),
        ("calls", "os.kill(os.getppid(), 9)"),
        ("files", 'open("/etc/passwd").read()'),
        ("files", 'os.listdir("/")'),
        ("files", 'open("/proc/self/environ").read()'),
        ("limits", 'open("/tmp/palermo-escape", "w").write("x")'),
    ],
)
def test_a_child_can_not(pool: Pool, layer: str, action: str) -> None:
    reader = pool(f"return attempt(lambda: {action})")
    outcome = reader.read(b"x", "x").text
    if layer not in (reader.layers or []):
        pytest.skip(f"this kernel refuses the layer {layer!r}")
    assert outcome in ("PermissionError", "OSError")


def test_a_child_has_a_network_of_its_own(pool: Pool) -> None:
    reader = pool('return say(os.readlink("/proc/self/ns/net"))')
    outcome = reader.read(b"x", "x").text
    if "network" not in (reader.layers or []):
        pytest.skip("this kernel refuses the layer 'network'")
    assert outcome != os.readlink("/proc/self/ns/net")


def test_a_child_may_use_threads(pool: Pool) -> None:
    body = (
        "found = []\none = threading.Thread(target=lambda: found.append(1))\none.start()\none.join()\nreturn say(found)"
    )
    assert pool(body).read(b"x", "x").text == "[1]"


def test_a_child_has_limits_of_its_own(pool: Pool) -> None:
    body = (
        "import resource\n"
        "names = ('RLIMIT_CORE', 'RLIMIT_FSIZE', 'RLIMIT_NOFILE', 'RLIMIT_AS')\n"
        "return say([resource.getrlimit(getattr(resource, name))[0] for name in names])"
    )
    limits = json.loads(pool(body, parser_memory_bytes=900_000_000).read(b"x", "x").text)
    assert limits == [0, 0, sandbox_limits.OPEN_FILES, 900_000_000]
    assert resource.getrlimit(resource.RLIMIT_AS)[0] != 900_000_000


def test_several_threads_share_the_pool(pool: Pool) -> None:
    reader = pool("return say(data.decode())", parser_workers=2)
    found: dict[int, str] = {}
    threads = [
        threading.Thread(target=lambda i=i: found.update({i: reader.read(str(i).encode(), "x").text})) for i in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {i: str(i) for i in range(8)}
    assert len(reader._idle) <= 2


def whole() -> Document:
    return Document(
        name="a.txt",
        sha256="0" * 64,
        media_type="text/plain",
        extractor="text/1",
        text="1. Ein 😀 Satz.",
        blocks=(Block(0, 14, "heading", "1", 2),),
        runs=(
            Run(0, 5, {"type": "line", "line": 1}),
            Run(5, 14, {"type": "pdf", "page": 1, "box": [0.5, 1, 2, 3]}),
        ),
        passages=(Passage(0, 0, 14, "1", "Kopf", "de"),),
        metadata={"title": MetadataValue("Ein", 3, 6), "state": MetadataValue("DE")},
        warnings=(Warning("wrong_extension", "It is plain text.", 2),),
        kind="judgment",
        language="de",
    )


def test_a_frame_keeps_every_field() -> None:
    document = whole()
    message = json.loads(frames.pack(frames.document_to_message(document))[frames.HEADER.size :])
    assert frames.document_from_message(message, document.name, document.sha256) == document


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", 7),
        ("text", None),
        ("blocks", [[0, 99, "heading", None, None]]),
        ("blocks", [[0, 3, "script", None, None]]),
        ("blocks", [[0, 3, "heading"]]),
        ("runs", [[0, 3, {"a": {"b": 1}}]]),
        ("runs", [[0, 3, {"a": 1}], [2, 4, {"a": 1}]]),
        ("runs", [[True, 3, {"a": 1}]]),
        ("passages", [["0", 0, 3, None, None, "de"]]),
        ("metadata", {"title": ["x", 3, 99]}),
        ("metadata", [1]),
        ("warnings", [[1, 2, 3]]),
        ("kind", "novel"),
        ("language", 1),
        ("media_type", None),
    ],
)
def test_a_malformed_frame_is_refused(field: str, value: object) -> None:
    message = {**frames.document_to_message(whole()), field: value}
    with pytest.raises(ParserFailed, match="malformed"):
        frames.document_from_message(message, "a.txt", "0" * 64)


@pytest.mark.parametrize("message", [None, [], {}, {"code": "model"}, {"code": ["x"], "message": {"a": 1}}])
def test_an_error_frame_becomes_a_document_error_whatever_it_holds(message: object) -> None:
    error = frames.error_from_message(message, "a.txt")
    assert type(error) is ParserFailed
    assert error.message.isprintable()
