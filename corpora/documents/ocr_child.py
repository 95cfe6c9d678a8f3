"""The process that recognises one page: `python -I -m palermo.corpora.documents.ocr_child JOB`, started by `ocr`.

Confines itself, draws the page of the PDF on standard input into memory, and becomes Tesseract with that picture as
standard input. Confinement, time and memory hold over the change: both pdfium and Tesseract read hostile bytes.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import resource
import sys
from typing import Any

from palermo.corpora.documents.sandbox_limits import Program, confine

MARGIN = 1 << 20
"""Bytes of a picture beyond its `pixels`: the header, and the last row and column."""
LIGHT = bytes(range(160, 256))
FEW_DARK = 50
"""A page with fewer dark dots than a short word has is blank."""


def main() -> None:
    """Do the job in the first argument (see `ocr`); the exit status is 0 where its output counts."""
    job: dict[str, Any] = json.loads(sys.argv[1])
    picture = None
    if "page" in job:
        # Made at full size now: in confinement no file may grow, not even one in memory.
        picture = os.memfd_create("picture")
        os.ftruncate(picture, job["pixels"] + MARGIN)
    confine(job["memory"], Program(tuple(job["run"]), tuple(job["read"])))
    seconds = math.ceil(job["seconds"])
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    arguments = [job["program"], *job["arguments"]]
    if picture is not None:
        dots = _draw(int(job["page"]), int(job["dpi"]), int(job["pixels"]), picture)
        if dots is None:
            return
        os.dup2(picture, 0)
        arguments += ["--dpi", str(dots)]
    os.execve(job["program"], arguments, job["environment"])  # noqa: S606 - no shell


def _draw(number: int, dpi: int, pixels: int, picture: int) -> int | None:
    """Draw a page into `picture` as a PGM of grey dots; its dots per inch, or None where it is blank."""
    import pypdfium2 as pdfium

    pdf = pdfium.PdfDocument(os.pread(0, os.fstat(0).st_size, 0))
    page = pdf[number - 1]
    width, height = page.get_size()
    scale = min(dpi / 72, math.sqrt(pixels / max(width * height, 1)))
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False, draw_annots=False)
    dots = bytes(bitmap.buffer)
    if bitmap.stride != bitmap.width:
        rows = range(0, bitmap.height * bitmap.stride, bitmap.stride)
        dots = b"".join(dots[row : row + bitmap.width] for row in rows)
    if len(dots.translate(None, LIGHT)) < FEW_DARK:
        return None
    content = b"P5\n%d %d\n255\n%b" % (bitmap.width, bitmap.height, dots)
    with mmap.mmap(picture, pixels + MARGIN) as target:
        target[: len(content)] = content
    os.ftruncate(picture, len(content))
    return max(1, round(scale * 72))


if __name__ == "__main__":
    main()
