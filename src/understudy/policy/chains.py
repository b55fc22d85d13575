"""Who can become whom, as a graph: an edge is a caller who can assume a role."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from .accounts import Directory
from .principals import PrincipalKind
from .questions import Answer, Context, who_can_assume


@dataclass(frozen=True, slots=True)
class Node:
    """A caller or a role; ``id`` is its ARN (a role's, not a session's), or the name of a service or provider."""

    id: str
    kind: str

    @property
    def label(self) -> str:
        """The name without path, and the account."""
        parts = self.id.split(":", 5)
        return f"{parts[5].rpartition('/')[2]} ({parts[4]})" if len(parts) == 6 and parts[4] else self.id


@dataclass(frozen=True, slots=True)
class Edge:
    """``source`` can assume ``target``; ``needs`` are the conditions that its request must meet."""

    source: str
    target: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Role chains as data, in the order of the directory."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def reachable(self, source: str) -> Iterator[tuple[str, ...]]:
        """The shortest chain of role ARNs to each role that the source can reach, shortest first."""
        targets: dict[str, list[str]] = {}
        for edge in self.edges:
            targets.setdefault(edge.source, []).append(edge.target)
        paths: dict[str, tuple[str, ...]] = {source: ()}
        waiting = deque([source])
        while waiting:
            here = waiting.popleft()
            for target in targets.get(here, ()):
                if target not in paths:
                    paths[target] = (*paths[here], target)
                    waiting.append(target)
                    yield paths[target]

    def to_dict(self) -> dict[str, list[dict[str, object]]]:
        """The graph as plain values."""
        return {
            "nodes": [{"id": node.id, "kind": node.kind, "label": node.label} for node in self.nodes],
            "edges": [{"from": edge.source, "to": edge.target, "needs": list(edge.needs)} for edge in self.edges],
        }

    def dot(self) -> str:
        """The graph for Graphviz; a dashed edge needs conditions, which are its tooltip."""
        lines = ["digraph roles {", "  rankdir=LR;", '  node [shape=box, style=rounded, fontname="sans-serif"];']
        lines += [f"  {_quote(node.id)} [label={_quote(node.label)}];" for node in self.nodes]
        for edge in self.edges:
            style = f" [style=dashed, tooltip={_quote('; '.join(edge.needs))}]" if edge.needs else ""
            lines.append(f"  {_quote(edge.source)} -> {_quote(edge.target)}{style};")
        return "\n".join([*lines, "}", ""])

    def svg(self) -> str:
        """The graph as an SVG image, without the help of any other program."""
        from .drawing import svg

        return svg(self)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def role_chains(directory: Directory, *, context: Context | None = None) -> Graph:
    """The graph of a directory; every user and role is a node, and so is every provider and service that can
    assume one.
    """
    nodes = {user.arn: Node(user.arn, "user") for user in directory.users()}
    nodes |= {role.arn: Node(role.arn, "role") for role in directory.roles()}
    edges = []
    for role in directory.roles():
        for answer in who_can_assume(role.arn, directory, context=context):
            source = _source(answer)
            nodes.setdefault(source, Node(source, answer.principal.kind.value))
            edges.append(Edge(source, role.arn, tuple(change.need for change in answer.needs)))
    return Graph(tuple(nodes.values()), tuple(edges))


def _source(answer: Answer) -> str:
    principal = answer.principal
    return principal.role_arn or str(principal) if principal.kind is PrincipalKind.ROLE_SESSION else str(principal)
