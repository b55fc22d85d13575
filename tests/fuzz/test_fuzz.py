"""A short fuzz of the stand-in; ``python -m tests.fuzz`` plays longer."""

from __future__ import annotations

import pytest
from tests.conformance.raw import Answer
from tests.fuzz.playing import player, problem_of


def test_no_mangled_request_is_an_internal_failure() -> None:
    pytest.importorskip(
        "understudy.server.run", reason="the stand-in is not installed: pip install 'understudy[server]'"
    )
    with player(seed=20261122) as found:
        for _ in range(1500):
            found.inside()
        for _ in range(150):
            found.over_a_socket()
        assert found.still_serves()
    assert found.wrong == []
    assert found.played == 1650


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, {}, b""),
        Answer(400, {}, b"Traceback (most recent call last)"),
        Answer(400, {"content-type": "text/xml"}, b"<a>"),
    ],
)
def test_the_fuzz_can_fail(answer: Answer) -> None:
    assert problem_of(answer) is not None
