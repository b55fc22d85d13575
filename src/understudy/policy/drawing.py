"""A graph of role chains as an SVG image: callers on the left, each role as far right as its shortest chain is long."""

from __future__ import annotations

from collections import deque
from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .chains import Edge, Graph, Node

_HEIGHT, _GAP, _COLUMN_GAP, _MARGIN = 34, 18, 110, 20
_CHARACTER = 7.2
"""Pixels that a character of the 12 px monospaced font takes."""
_FILLS = {"user": "#dbeafe", "role": "#dcfce7", "service": "#fef3c7", "federated identity": "#fae8ff"}


class Box(NamedTuple):
    """Where a node stands, in pixels."""

    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        return self.y + _HEIGHT / 2


def svg(graph: Graph) -> str:
    """The image as text. Solid arrows are allowed as they are, dashed ones under conditions, which their tooltips
    name.
    """
    boxes = _layout(graph)
    bent = any(boxes[edge.target].x <= boxes[edge.source].x for edge in graph.edges)
    width = max((box.x + box.width for box in boxes.values()), default=0) + (_COLUMN_GAP / 2 if bent else _MARGIN)
    height = max((box.y + _HEIGHT for box in boxes.values()), default=0) + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" font-family="monospace" font-size="12">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0L8 4L0 8z" fill="#475569"/></marker></defs>',
        '<rect width="100%" height="100%" fill="white"/>',
        *(_arrow(edge, boxes[edge.source], boxes[edge.target]) for edge in graph.edges),
        *(_node(node, boxes[node.id]) for node in graph.nodes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _depths(graph: Graph) -> dict[str, int]:
    """How many roles a chain to each node has at least, from a node that nobody assumes; 0 within a closed circle."""
    assumed = {edge.target for edge in graph.edges if edge.source != edge.target}
    depths = {node.id: 0 for node in graph.nodes if node.id not in assumed}
    waiting = deque(depths)
    while waiting:
        here = waiting.popleft()
        for edge in graph.edges:
            if edge.source == here and edge.target not in depths:
                depths[edge.target] = depths[here] + 1
                waiting.append(edge.target)
    return {node.id: depths.get(node.id, 0) for node in graph.nodes}


def _layout(graph: Graph) -> dict[str, Box]:
    depths = _depths(graph)
    columns: dict[int, list[Node]] = {}
    for node in graph.nodes:
        columns.setdefault(depths[node.id], []).append(node)
    boxes: dict[str, Box] = {}
    x = float(_MARGIN)
    for depth in sorted(columns):
        width = max(len(node.label) for node in columns[depth]) * _CHARACTER + 24
        for row, node in enumerate(columns[depth]):
            boxes[node.id] = Box(x, _MARGIN + row * (_HEIGHT + _GAP), width)
        x += width + _COLUMN_GAP
    return boxes


def _node(node: Node, box: Box) -> str:
    return (
        f'<g><title>{escape(node.id)}</title><rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" '
        f'height="{_HEIGHT}" rx="8" fill="{_FILLS.get(node.kind, "#f1f5f9")}" stroke="#475569"/>'
        f'<text x="{box.x + 12:.1f}" y="{box.middle + 4:.1f}" fill="#0f172a">{escape(node.label)}</text></g>'
    )


def _arrow(edge: Edge, source: Box, target: Box) -> str:
    needs = "; ".join(edge.needs)
    title = f"<title>{escape(needs)}</title>" if needs else ""
    dashes = ' stroke-dasharray="6 4"' if needs else ""
    return (
        f'<path d="{_curve(source, target)}" fill="none" stroke="#475569"{dashes} marker-end="url(#tip)">{title}</path>'
    )


def _curve(source: Box, target: Box) -> str:
    """Out at the right side, in at the left; back, or within a column, around by the right."""
    start = source.x + source.width
    if target.x > source.x:
        bend = (target.x - start) / 2
        ends = f"{target.x - bend:.1f} {target.middle:.1f} {target.x:.1f} {target.middle:.1f}"
        return f"M{start:.1f} {source.middle:.1f}C{start + bend:.1f} {source.middle:.1f} {ends}"
    into = target.x + target.width
    far = max(start, into) + _COLUMN_GAP / 2
    end = target.middle + (10 if source == target else 0)
    return f"M{start:.1f} {source.middle:.1f}C{far:.1f} {source.middle:.1f} {far:.1f} {end:.1f} {into:.1f} {end:.1f}"
