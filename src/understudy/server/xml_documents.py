"""XML of strangers, parsed without what makes XML dangerous: no DTD, no entities, no network, bounded size and depth.

Comments and processing instructions are dropped while parsing, so that a text is always the whole text of its element
(a comment inside a name must not cut it short) and equal to what a signature without comments covers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import lxml.etree as etree

LARGEST = 1_000_000
"""Bytes. An assertion has at most 75,000, metadata at most 10,000,000 characters at the service."""
DEEPEST = 64


class UnsafeXML(ValueError):
    """The text is not well-formed, too large, too deep or declares a document type; the message says which."""


def parse(text: bytes | str, *, largest: int = LARGEST) -> etree._Element:
    """The root element; raises `UnsafeXML`."""
    import lxml.etree as etree

    content = text.encode("utf-8") if isinstance(text, str) else text
    if len(content) > largest:
        raise UnsafeXML(f"more than {largest} bytes")
    try:
        root = etree.fromstring(content, parser=new_parser())
    except (etree.XMLSyntaxError, ValueError, LookupError):
        raise UnsafeXML("not well-formed") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnsafeXML("a document type declaration")
    _check_depth(root)
    return root


def new_parser() -> etree.XMLParser:
    """A parser for one document."""
    import lxml.etree as etree

    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=False,
    )


def _check_depth(root: etree._Element) -> None:
    level, elements = 0, [root]
    while elements:
        level += 1
        if level > DEEPEST:
            raise UnsafeXML(f"elements nested more than {DEEPEST} deep")
        elements = [child for element in elements for child in element]
