"""Which model is used where none is named: the one that `palermo retrain` installed, else the one it was without.

A folder of models holds `installed.json`, which names the model in use and the one before, and a folder for each,
called by the first digits of its SHA-256. Only that file says which is used, and it is replaced in one step: so
whoever loads a model finds either the old one or the new one, whole.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from palermo.corpora.errors import ModelError, UsageError
from palermo.corpora.settings import Settings, settings
from palermo.models import manifest

NAME = "installed.json"
_FOLDER = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Home:
    """Where models are installed.

    Attributes:
        folder: of the models.
        base: the model in use while none is installed; None in `installed.json` stands for it.
    """

    folder: Path
    base: Path


@dataclass(frozen=True, slots=True)
class _State:
    """What `installed.json` says: names of folders, None for the base."""

    current: str | None
    before: str | None


def home(limits: Settings | None = None) -> Home:
    """The folder that PALERMO_MODEL_DIR names, which may be a model itself, else `models` in the data folder.

    `limits` are the settings to go by; None: the process's.
    """
    chosen = limits or settings()
    if chosen.model_dir is not None:
        return Home(chosen.model_dir, chosen.model_dir)
    return Home(chosen.data_dir / "models", manifest.SHIPPED)


def current(where: Home | None = None) -> Path:
    """The folder of the model in use; None: by the settings.

    Raises:
        ModelError: `installed.json` is damaged.
    """
    where = where or home()
    state = _read(where)
    return where.base if state is None else _path(where, state.current)


def install(model: Path, where: Home | None = None) -> Path:
    """Copy a model to its place and use it from now on; the one before is kept, the one before that goes.

    Returns:
        Its new folder. A model that is in use already changes nothing.

    Raises:
        ModelError: it is not a whole model, or `installed.json` is damaged.
    """
    where = where or home()
    state = _read(where) or _State(None, None)
    name = manifest.identity(manifest.verify(model))[:16]
    if name == state.current:
        return _path(where, name)
    where.folder.mkdir(parents=True, exist_ok=True)
    part = where.folder / f"{name}.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(model, part)
    shutil.rmtree(where.folder / name, ignore_errors=True)
    part.rename(where.folder / name)
    _write(where, _State(name, state.current))
    if state.before is not None and state.before != name:
        shutil.rmtree(where.folder / state.before, ignore_errors=True)
    return where.folder / name


def roll_back(where: Home | None = None) -> Path:
    """Use the model before again, and keep the one that was in use as the one before.

    Raises:
        UsageError: no model has been installed.
        ModelError: the one before is not whole, or `installed.json` is damaged.
    """
    where = where or home()
    state = _read(where)
    if state is None:
        raise UsageError("no model has been installed, so there is none to put back", hint="see palermo retrain --help")
    found = _path(where, state.before)
    manifest.verify(found)
    _write(where, _State(state.before, state.current))
    return found


def _path(where: Home, name: str | None) -> Path:
    return where.base if name is None else where.folder / name


def _read(where: Home) -> _State | None:
    try:
        text = (where.folder / NAME).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        said = json.loads(text)
        state = _State(said["current"], said["before"])
    except (ValueError, TypeError, KeyError) as error:
        raise _damaged() from error
    for name in (state.current, state.before):
        if name is not None and not (isinstance(name, str) and _FOLDER.fullmatch(name)):
            raise _damaged()
    return state


def _damaged() -> ModelError:
    return ModelError("damaged", source=NAME, hint="delete it to use the model that came with Palermo")


def _write(where: Home, state: _State) -> None:
    part = where.folder / f"{NAME}.part"
    part.write_text(json.dumps(asdict(state)) + "\n", encoding="utf-8")
    part.replace(where.folder / NAME)
