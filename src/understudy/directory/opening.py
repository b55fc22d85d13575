"""A directory by its address: a YAML file, or a database."""

from __future__ import annotations

from os import fspath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from os import PathLike

    from understudy.directory.memory import MemoryDirectory
    from understudy.directory.sql import SQLDirectory


def is_database(location: str | PathLike[str]) -> bool:
    """Whether a location is the URL of a database rather than the path of a file."""
    scheme, separator, _ = fspath(location).partition("://")
    return bool(separator) and scheme.replace("+", "").isalnum()


def open_directory(location: str | PathLike[str]) -> MemoryDirectory | SQLDirectory:
    """The directory of a YAML file, or of the database at a SQLAlchemy URL; raises `DirectoryError`."""
    if is_database(location):
        return open_database(fspath(location))
    from understudy.directory.yaml_file import load

    return load(location)


def open_database(url: str, **options: Any) -> SQLDirectory:
    """The directory of a database; raises `DirectoryError`, also where SQLAlchemy is not installed."""
    from understudy.directory.nodes import DirectoryError

    try:
        from understudy.directory.sql import SQLDirectory
    except ModuleNotFoundError:
        raise DirectoryError(
            "a directory in a database needs SQLAlchemy", hint="pip install 'understudy[sql]'"
        ) from None
    return SQLDirectory(url, **options)
