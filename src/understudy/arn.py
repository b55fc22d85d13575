"""Amazon Resource Names: parsed once, compared everywhere."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn, Self


class InvalidArn(ValueError):
    """The text is not an ARN; the message quotes it and says what is missing."""


class Arn:
    """``arn:partition:service:region:account:resource``, split at the first five colons.

    Source: "Identify AWS resources with Amazon Resource Names" in the AWS General Reference. The resource keeps every
    further colon and slash as it stands.
    """

    __slots__ = ("account", "partition", "region", "resource", "service")

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __init__(self, partition: str, service: str, region: str, account: str, resource: str) -> None:
        put = object.__setattr__
        put(self, "partition", partition)
        put(self, "service", service)
        put(self, "region", region)
        put(self, "account", account)
        put(self, "resource", resource)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read an ARN; raises `InvalidArn` (a `ValueError`) that quotes the text."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
            raise InvalidArn(
                f"{text!r} is not an ARN; it must look like 'arn:partition:service:region:account:resource', "
                "for example 'arn:aws:iam::123456789012:role/Reader'"
            )
        return cls(*parts[1:])

    @property
    def resource_type(self) -> str:
        """What stands before the first slash of the resource, ``role`` in ``role/path/Name``; all of it without one."""
        return self.resource.split("/", 1)[0]

    @property
    def resource_path(self) -> str:
        """What stands after the first slash, ``path/Name`` in ``role/path/Name``; empty without one."""
        return self.resource.partition("/")[2]

    @property
    def name(self) -> str:
        """What stands after the last slash, ``Name`` in ``role/path/Name``."""
        return self.resource.rpartition("/")[2]

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    def __repr__(self) -> str:
        return f"Arn({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Arn) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"an Arn is immutable; {name!r} cannot be set")

    def __reduce__(self) -> tuple[type[Arn], tuple[str, str, str, str, str]]:
        return type(self), (self.partition, self.service, self.region, self.account, self.resource)


def is_arn(text: str) -> bool:
    """Whether `Arn.parse` would read the text."""
    try:
        Arn.parse(text)
    except InvalidArn:
        return False
    return True
