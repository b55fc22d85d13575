"""How a scene is shown: its title, its code (the very code that runs), what came of it, and whether it should have."""

from __future__ import annotations

import inspect
import os
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

WIDTH = 100


@dataclass(frozen=True)
class Scene:
    """One step of the story: the code that plays it gives what is shown; ``check`` says what is wrong with it."""

    title: str
    play: Callable[[Any], Sequence[str]]
    check: Callable[[Sequence[str]], str | None]


class Stage:
    """Writes scenes to a terminal, in colour where one is watching, and counts those that went wrong."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._colour = self._out.isatty() and "NO_COLOR" not in os.environ
        self.failed = 0
        self.played = 0

    def show(self, scene: Scene, props: Any) -> None:
        """Play one scene and show it; an error that it did not expect counts as failed, and the story goes on."""
        self.played += 1
        self.line(f"\n{self._paint(f'{self.played}. {scene.title}', '1')}")
        self._code(scene.play)
        start = time.perf_counter()
        try:
            answer = scene.play(props)
            wrong = scene.check(answer)
        except Exception as error:
            answer, wrong = (), f"{type(error).__name__}: {error}"
        spent = (time.perf_counter() - start) * 1000
        for text in answer:
            self._answer(text)
        self._verdict(wrong, spent)

    def line(self, text: str = "") -> None:
        """One line of plain text."""
        print(text, file=self._out, flush=True)

    def _code(self, function: Callable[..., Any]) -> None:
        lines = textwrap.dedent(inspect.getsource(function)).splitlines()
        body = lines[next(i for i, line in enumerate(lines) if line.rstrip().endswith(":")) + 1 :]
        for line in textwrap.dedent("\n".join(body)).splitlines():
            if not line.startswith('"""'):
                self.line(self._paint(f"    {line}".rstrip(), "36"))

    def _answer(self, text: str) -> None:
        lines = [part for line in text.splitlines() for part in _wrapped(line)]
        for number, line in enumerate(lines):
            self.line(f"  {'->' if number == 0 else '  '} {line}".rstrip())

    def _verdict(self, wrong: str | None, spent: float) -> None:
        if wrong is None:
            self.line(self._paint(f"  ok, as it should be ({spent:.0f} ms)", "32"))
        else:
            self.failed += 1
            self.line(self._paint(f"  NOT as it should be: {wrong}", "31"))

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colour else text


def _wrapped(line: str) -> list[str]:
    """A line cut between words where it is too wide for the stage; ARNs and keys stay whole."""
    indent = line[: len(line) - len(line.lstrip())] + "  "
    return textwrap.wrap(
        line, WIDTH - 5, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    ) or [""]
