"""The compact bytes of a session: a fixed head, then fields, each a number, a length and its bytes.

Unknown fields are refused, so that a token of a newer release is never half understood.
"""

from __future__ import annotations

import zlib
from base64 import b32encode
from struct import Struct, error
from typing import TYPE_CHECKING, Any

from understudy.directory import identifiers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from understudy.server.sessions import Session

_HEAD = Struct(">B10sII")
"""Kind, the eighty bits of the access key id, issued, expires."""

_CHAINED, _GLOBAL = 1, 2
_LONGEST_POLICY = 131_072
_MULTI_VALUED = "\0"

_DICTIONARY = (
    b'arn:aws:iam::aws:policy/service-role/arn:aws:iam::policy/"Condition":{"StringEquals":{"aws:PrincipalTag/'
    b'"StringLike":{"IpAddress":{"aws:SourceIp":"Bool":{"aws:MultiFactorAuthPresent":"true"'
    b'"NotAction":["ec2:"logs:"dynamodb:"sqs:SendMessage"secretsmanager:GetSecretValue"kms:Decrypt"sts:AssumeRole'
    b'"Action":["s3:ListBucket","s3:GetObject","s3:PutObject","s3:*"],"Resource":["arn:aws:s3:::/*"]'
    b'"Resource":"*"}]}{"Sid":"","Effect":"Deny","Action":"*","Principal":'
    b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"'
)
"""What policies repeat, for zlib, most likely last; it belongs to version 1 of the token and never changes."""


class NotASession(ValueError):
    """The bytes are not a session that this release knows."""


def encode(session: Session) -> bytes:
    """A session as bytes."""
    body = identifiers.bits_of(session.access_key_id).to_bytes(10, "big")
    parts = [_HEAD.pack(session.kind, body, session.issued, session.expires)]
    for number, (name, write, _) in enumerate(_FIELDS, start=1):
        value = getattr(session, name)
        if value and not (name == "partition" and value == "aws"):
            content = write(value)
            parts += (bytes((number,)), _varint(len(content)), content)
    flags = session.chained * _CHAINED | session.from_global_endpoint * _GLOBAL
    if flags:
        parts.append(bytes((_FLAGS, 1, flags)))
    if session.padding:
        parts.append(bytes((_PADDING,)) + bytes(session.padding))
    return b"".join(parts)


def decode(data: bytes) -> Session:
    """The session of some bytes; raises `NotASession`."""
    from understudy.server.sessions import Session, SessionKind

    try:
        kind, body, issued, expires = _HEAD.unpack_from(data)
        values = _read_fields(data)
        return Session(
            kind=SessionKind(kind),
            access_key_id=identifiers.TEMPORARY + b32encode(body).decode("ascii"),
            issued=issued,
            expires=expires,
            **values,
        )
    except (error, ValueError, IndexError, zlib.error) as problem:
        raise NotASession(str(problem)) from None


def _read_fields(data: bytes) -> dict[str, Any]:
    values: dict[str, Any] = {}
    at = _HEAD.size
    while at < len(data):
        number = data[at]
        if number == _PADDING:
            values["padding"] = len(data) - at - 1
            break
        length, at = _read_varint(data, at + 1)
        content, at = data[at : at + length], at + length
        if len(content) != length:
            raise NotASession("a field is cut short")
        if number == _FLAGS:
            values["chained"], values["from_global_endpoint"] = bool(content[0] & _CHAINED), bool(content[0] & _GLOBAL)
            continue
        if not 1 <= number <= len(_FIELDS):
            raise NotASession(f"field {number} is not known")
        name, _, read = _FIELDS[number - 1]
        values[name] = read(content)
    return values


def _varint(number: int) -> bytes:
    if number < 128:
        return bytes((number,))
    return bytes((number & 127 | 128,)) + _varint(number >> 7)


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        number |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if data[at - 1] < 128:
            return number, at


def _text(value: str) -> bytes:
    return value.encode("utf-8")


def _read_text(content: bytes) -> str:
    return content.decode("utf-8")


def _number(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _read_number(content: bytes) -> int:
    return int.from_bytes(content, "big")


def _texts(values: Sequence[str]) -> bytes:
    encoded = [value.encode("utf-8") for value in values]
    return b"".join(part for content in encoded for part in (_varint(len(content)), content))


def _read_texts(content: bytes) -> tuple[str, ...]:
    return tuple(_split(content))


def _split(content: bytes) -> Iterator[str]:
    at = 0
    while at < len(content):
        length, at = _read_varint(content, at)
        yield content[at : at + length].decode("utf-8")
        at += length


def _pairs(values: Mapping[str, str]) -> bytes:
    return _texts([text for pair in values.items() for text in pair])


def _read_pairs(content: bytes) -> dict[str, str]:
    texts = list(_split(content))
    return dict(zip(texts[::2], texts[1::2], strict=True))


def _facts(values: Mapping[str, str | tuple[str, ...]]) -> bytes:
    """A multi-valued key is written once for each value, marked, and an empty one is left out."""
    single = [(key, value) for key, value in values.items() if isinstance(value, str)]
    several = [
        (_MULTI_VALUED + key, each) for key, value in values.items() if not isinstance(value, str) for each in value
    ]
    return _texts([text for pair in (*single, *several) for text in pair])


def _read_facts(content: bytes) -> dict[str, str | tuple[str, ...]]:
    texts = list(_split(content))
    values: dict[str, Any] = {}
    for key, value in zip(texts[::2], texts[1::2], strict=True):
        if key.startswith(_MULTI_VALUED):
            values[key[1:]] = (*values.get(key[1:], ()), value)
        else:
            values[key] = value
    return values


def _deflated(value: bytes) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15, 5, zlib.Z_DEFAULT_STRATEGY, _DICTIONARY)
    return squeeze.compress(value) + squeeze.flush()


def _inflated(content: bytes) -> bytes:
    stretch = zlib.decompressobj(-15, _DICTIONARY)
    value = stretch.decompress(content, _LONGEST_POLICY)
    if stretch.unconsumed_tail or not stretch.eof:
        raise NotASession("a policy is too long or cut short")
    return value


def _policy(value: str) -> bytes:
    return _deflated(value.encode("utf-8"))


def _read_policy(content: bytes) -> str:
    return _inflated(content).decode("utf-8")


def _arns(values: Sequence[str]) -> bytes:
    return _deflated(_texts(values))


def _read_arns(content: bytes) -> tuple[str, ...]:
    return tuple(_split(_inflated(content)))


_FIELDS: tuple[tuple[str, Callable[[Any], bytes], Callable[[bytes], Any]], ...] = (
    ("unique_id", _text, _read_text),
    ("name", _text, _read_text),
    ("session_name", _text, _read_text),
    ("partition", _text, _read_text),
    ("source_identity", _text, _read_text),
    ("tags", _pairs, _read_pairs),
    ("transitive", _texts, _read_texts),
    ("policy", _policy, _read_policy),
    ("policy_arns", _arns, _read_arns),
    ("task_policy_arn", _text, _read_text),
    ("mfa_at", _number, _read_number),
    ("facts", _facts, _read_facts),
    ("contexts", _pairs, _read_pairs),
)
"""Field numbers are the positions here, from one: append, never reorder."""

_FLAGS, _PADDING = 254, 255
