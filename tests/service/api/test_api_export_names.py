"""Archives of exports: a file for each document, whatever their names are."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any


def test_documents_of_one_name_are_files_of_their_own(service: Any) -> None:
    texts = [f"1. The proceeds of case {number} were hidden." for number in range(4)]
    # The second has the name that the third, whose own is taken, would get.
    names = ["text", f"text-{hashlib.sha256(texts[2].encode()).hexdigest()[:16]}", "TEXT", "text\u202e\x01"]
    files = [("file", (f"{name}.txt", text.encode())) for name, text in zip(names, texts, strict=True)]
    service.ended(service.post("/v1/documents", 202, files=files)["batch"]["id"])
    archive = zipfile.ZipFile(io.BytesIO(service.exported({"format": "json", "filter": {}})))
    found = archive.namelist()
    assert len({name.casefold() for name in found}) == len(found) == len(names)
    assert all(name.isprintable() and "/" not in name for name in found)
    analyses = [json.loads(archive.read(name)) for name in found]
    assert {"".join(passage["text"] for passage in one["passages"]) for one in analyses} == set(texts)
