"""One method for each operation, typed by the command that it sends."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, Generic, ParamSpec, Protocol, TypeVar

    from understudy.commands import Command
    from understudy.types import Output

    P = ParamSpec("P")
    OutputT = TypeVar("OutputT", bound=Output)

    class Method(Generic[P, OutputT]):
        """``client.assume_role(role_arn=...)`` is ``client.send(AssumeRoleCommand(role_arn=...))``."""

        def __init__(self, command: Callable[P, Command[OutputT]]) -> None: ...
        def __get__(self, client: object, owner: type) -> Callable[P, OutputT]: ...

    class AsyncMethod(Generic[P, OutputT]):
        """``await client.assume_role(role_arn=...)`` is ``await client.send(AssumeRoleCommand(role_arn=...))``."""

        def __init__(self, command: Callable[P, Command[OutputT]]) -> None: ...
        def __get__(self, client: object, owner: type) -> Callable[P, Coroutine[Any, Any, OutputT]]: ...

    class Sender(Protocol):
        def send(self, command: Command[Any]) -> Any: ...

else:

    class Method:
        """``client.assume_role(role_arn=...)`` is ``client.send(AssumeRoleCommand(role_arn=...))``."""

        def __init__(self, command: Any) -> None:
            self.command = command
            self.name = ""
            self.__doc__ = command.__doc__

        def __set_name__(self, owner: type, name: str) -> None:
            self.name = name

        def __get__(self, client: Sender | None, owner: type) -> Any:
            if client is None:
                return self
            command = self.command

            def method(**members: Any) -> Any:
                return client.send(command(**members))

            method.__name__ = self.name
            method.__doc__ = self.__doc__
            return method

    AsyncMethod = Method
