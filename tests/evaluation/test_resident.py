"""The memory of a command and its children: each byte once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from palermo.evaluation.batch import resident

FORKS = """
import os
held = bytearray(200 << 20)
if os.fork():
    print("ready", flush=True)
    os.wait()
else:
    os.read(0, 1)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system has no /proc")
def test_a_child_in_its_parents_memory_is_not_counted_again() -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", FORKS], **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == b"ready\n"
        found = resident(process.pid)
        process.communicate(b"\n")
    assert 200 << 20 < found < 300 << 20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system has no /proc")
def test_a_child_with_a_program_of_its_own_is_counted() -> None:
    before = resident(os.getpid())
    code = "held = bytearray(100 << 20); print('ready', flush=True); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == b"ready\n"
        found = resident(os.getpid())
        process.communicate(b"\n")
    assert found > before + (100 << 20)
