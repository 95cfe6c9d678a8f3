"""Confines the calling process before it reads a hostile file; called by `sandbox_child`, reported by `palermo doctor`.

Layers, each independent of the others; `confine` tells which took, since a kernel or a container may refuse some:
    limits      address space, open files, file size (nothing may be written), no core dumps; processor time is set
                by the parent for each document
    privileges  no way to gain any; all capabilities of root dropped
    network     a network namespace of its own without any interface, where the kernel allows one
    files       Landlock: only Python, its packages and shared libraries can be read, nothing written
    calls       seccomp: no sockets, no new programs or processes, no tracing, no mounting (threads are allowed)
A process that is to become another program (`ocr_child`) keeps the right to do so, for the files of that program only.
RLIMIT_NPROC limits processes where seccomp is refused; the kernel ignores it for root, so seccomp comes first.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import resource
import struct
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

OPEN_FILES = 256
LAYERS = ("limits", "privileges", "network", "files", "calls")

_PR_CAPBSET_DROP, _PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 24, 4, 22, 38
_CLONE_NEWNET, _CLONE_NEWUSER, _CLONE_NEWIPC = 0x40000000, 0x10000000, 0x08000000
_CLONE_THREAD = 0x00010000
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_EPERM, _ENOSYS = 1, 38

_CALLS: dict[str, Any] = json.loads(Path(__file__).with_name("sandbox_calls.json").read_text("utf-8"))

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Program:
    """What a confined process may become: `run` are files and folders to run from and to read, `read` to read only."""

    run: tuple[str, ...]
    read: tuple[str, ...] = ()


def confine(memory_bytes: int, program: Program | None = None) -> list[str]:
    """Confine this process for good; `memory_bytes` is its address space, `program` what it will become.

    Returns:
        The names of the layers that took, of `LAYERS`.
    """
    taken = []
    # Order matters: the namespace needs the capabilities that `privileges` drops, the filter goes on last.
    layers = (
        ("limits", _limits),
        ("network", _network),
        ("privileges", _privileges),
        ("files", partial(_files, program)),
        ("calls", partial(_calls, program)),
    )
    for name, layer in layers:
        # What a kernel or C library lacks is one layer less, told by its absence from the list.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            if layer():
                taken.append(name)
    _limit(resource.RLIMIT_AS, memory_bytes)
    if "calls" not in taken:
        _limit(resource.RLIMIT_NPROC, 64)
    return sorted(taken, key=LAYERS.index)


def _limits() -> bool:
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    return bool(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)


def _limit(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _network() -> bool:
    if os.geteuid() == 0:
        return _unshare(_CLONE_NEWNET | _CLONE_NEWIPC) or _unshare(_CLONE_NEWNET)
    return _unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _unshare(flags: int) -> bool:
    return bool(_libc.unshare(flags) == 0)


def _privileges() -> bool:
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    for capability in range(64):
        _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = struct.pack("=Ii", 0x20080522, 0)
    return bool(_libc.capset(header, bytes(24)) == 0)


def _files(program: Program | None) -> bool:
    version = _libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    handled = (1 << 13) - 1 | (1 << 13 if version >= 2 else 0) | (1 << 14 if version >= 3 else 0)
    ruleset = _libc.syscall(_LANDLOCK_CREATE, struct.pack("=Q", handled), ctypes.c_size_t(8), 0)
    if ruleset < 0:
        return False
    try:
        for path in (*readable(), *(program.read if program else ())):
            _allow(ruleset, path, _READ_FILE, _READ_DIR)
        for path in program.run if program else ():
            _allow(ruleset, path, _READ_FILE | _EXECUTE, _READ_DIR)
        return bool(_libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int, of_folders: int) -> None:
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rights |= of_folders if os.path.isdir(path) else 0
        _libc.syscall(_LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", rights, descriptor), 0)
        os.close(descriptor)


def readable() -> list[str]:
    """Files and folders that reading needs: Python, installed packages, shared libraries, the sources of Palermo."""
    import palermo.corpora

    places: Iterable[str] = (
        *sys.path,
        *(sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")),
        *palermo.corpora.__path__,
        os.path.join(sys.base_prefix, "lib"),
        *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/localtime"),
        *("/usr/share/zoneinfo", "/dev/null", "/dev/urandom", "/proc/cpuinfo", "/sys/devices/system/cpu"),
    )
    return sorted({place for place in places if place and place != "/" and os.path.exists(place)})


def _calls(program: Program | None) -> bool:
    calls = _CALLS.get(platform.machine())
    if calls is None:
        return False
    steps = _filter(calls, may_run=program is not None)
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    buffer = ctypes.create_string_buffer(code, len(code))
    arguments = struct.pack("=HxxxxxxQ", len(steps), ctypes.addressof(buffer))
    return bool(_libc.prctl(_PR_SET_SECCOMP, 2, ctypes.c_char_p(arguments), 0, 0) == 0)


def _filter(calls: dict[str, Any], may_run: bool) -> list[tuple[int, int, int, int]]:
    """The BPF program: other architectures are killed, denied calls answer EPERM, clone makes threads only."""
    load, equal, masked, answer = 0x20, 0x15, 0x45, 0x06
    kill, allow, error = 0x80000000, 0x7FFF0000, 0x00050000
    steps = [(load, 0, 0, 4), (equal, 1, 0, calls["audit"]), (answer, 0, 0, kill), (load, 0, 0, 0)]
    if calls is _CALLS["x86_64"]:
        # The x32 calls share the architecture's number and have bit 30 set.
        steps += [(masked, 0, 1, 0x40000000), (answer, 0, 0, error | _EPERM)]
    for call, number in calls["denied"].items():
        if may_run and call == "execve":
            continue
        steps += [(equal, 0, 1, number), (answer, 0, 0, error | _EPERM)]
    # The C library falls back from clone3, whose flags a filter can't see, to clone.
    steps += [(equal, 0, 1, calls["clone3"]), (answer, 0, 0, error | _ENOSYS)]
    steps += [
        (equal, 0, 3, calls["clone"]),
        (load, 0, 0, 16),
        (masked, 1, 0, _CLONE_THREAD),
        (answer, 0, 0, error | _EPERM),
    ]
    return [*steps, (answer, 0, 0, allow)]
