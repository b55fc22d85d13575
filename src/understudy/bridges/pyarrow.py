"""pyarrow: an S3 filesystem that follows the refreshes, or the options of the moment for a static one."""

# pyright: reportMissingImports=false, reportMissingModuleSource=false

from __future__ import annotations

from understudy.bridges.source import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from understudy.identity import CredentialSource

_DELEGATED = (
    "get_file_info",
    "create_dir",
    "delete_dir",
    "delete_file",
    "move",
    "copy_file",
    "open_input_stream",
    "open_input_file",
    "normalize_path",
)


def options(source: CredentialSource, *, min_ttl: float = 0.0) -> dict[str, str | None]:
    """The credential options of ``pyarrow.fs.S3FileSystem``, from a set that lives at least `min_ttl` seconds more."""
    given = current(source, min_ttl)
    return {
        "access_key": given.access_key_id,
        "secret_key": given.secret_access_key,
        "session_token": given.session_token,
    }


def filesystem(source: CredentialSource, **s3_options: Any) -> Any:
    """A ``pyarrow.fs.PyFileSystem`` over the S3 filesystem of the moment, made anew after each refresh.

    The options are those of ``S3FileSystem`` (``region``, ``endpoint_override``, ...). A file that is open keeps the
    credentials it was opened with.
    """
    from pyarrow.fs import PyFileSystem

    return PyFileSystem(_handler(Following(source, s3_options)))


class Following:
    """The S3 filesystem for the current access key."""

    def __init__(self, source: CredentialSource, s3_options: dict[str, Any]) -> None:
        self.source = source
        self.s3_options = s3_options
        self._made: tuple[str, Any] | None = None

    def now(self) -> Any:
        given = current(self.source)
        made = self._made
        if made is None or made[0] != given.access_key_id:
            from pyarrow.fs import S3FileSystem

            made = self._made = (given.access_key_id, S3FileSystem(**options(given), **self.s3_options))
        return made[1]


def _handler(following: Following) -> Any:
    """A ``FileSystemHandler``, whose class can only be made once pyarrow is there."""
    from pyarrow.fs import FileSelector, FileSystemHandler

    def delegate(name: str) -> Any:
        return lambda self, *arguments: getattr(following.now(), name)(*arguments)

    def get_file_info_selector(self: Any, selector: Any) -> Any:
        return following.now().get_file_info(
            FileSelector(selector.base_dir, allow_not_found=selector.allow_not_found, recursive=selector.recursive)
        )

    def delete_dir_contents(self: Any, path: str, missing_dir_ok: bool = False) -> None:
        following.now().delete_dir_contents(path, missing_dir_ok=missing_dir_ok)

    def open_output(name: str) -> Any:
        return lambda self, path, metadata: getattr(following.now(), name)(path, metadata=metadata)

    members: dict[str, Any] = {name: delegate(name) for name in _DELEGATED}
    members |= {
        "get_type_name": lambda self: "understudy+s3",
        "get_file_info_selector": get_file_info_selector,
        "create_dir": lambda self, path, recursive: following.now().create_dir(path, recursive=recursive),
        "delete_dir_contents": delete_dir_contents,
        "delete_root_dir_contents": lambda self: following.now().delete_dir_contents("/", accept_root_dir=True),
        "open_output_stream": open_output("open_output_stream"),
        "open_append_stream": open_output("open_append_stream"),
        "__eq__": lambda self, other: self is other,
        "__ne__": lambda self, other: self is not other,
        "__hash__": lambda self: id(following),
    }
    return type("RefreshingHandler", (FileSystemHandler,), members)()
