"""``understudy demo``: every scene, for real; and an exit status that does not lie."""

from __future__ import annotations

import io

from understudy.cli import main
from understudy.demo.stage import Scene, Stage
from understudy.demo.story import STORY, contains, one_code_of_three, refreshed_in_time


def test_the_whole_story_is_as_it_should_be(capsys):
    assert main(["demo"]) == 0
    told = capsys.readouterr().out
    assert f"{len(STORY)} of {len(STORY)} scenes as they should be" in told
    assert "\x1b[" not in told, "no colour where no terminal is watching"
    assert max(map(len, told.splitlines())) <= 140


def play(scene: Scene) -> tuple[Stage, str]:
    out = io.StringIO()
    stage = Stage(out)
    stage.show(scene, None)
    return stage, out.getvalue()


def answer_no(props):
    return ["no"]


def fall_over(props):
    raise RuntimeError("fell over")


def test_a_scene_whose_answer_is_wrong_counts_as_failed_and_shows_what_it_lacks():
    stage, told = play(Scene("a wrong answer", answer_no, contains("yes")))
    assert stage.failed == 1
    assert "NOT as it should be: the answer lacks 'yes'" in told
    assert 'return ["no"]' in told, "the code that ran is the code that is shown"


def test_a_scene_that_raises_counts_as_failed_and_the_story_goes_on():
    stage, told = play(Scene("an error", fall_over, contains()))
    assert stage.failed == 1
    assert "RuntimeError: fell over" in told


def test_the_checks_can_fail():
    refused, good = "1: MultiFactorAuthentication failed", "1: good for ASIA"
    assert one_code_of_three([refused, good, refused]) is None
    assert one_code_of_three([refused, good, good])
    assert refreshed_in_time(["minute 0: A", "10 calls, 0 errors", "1 calls of AssumeRole"])
    four = [f"minute {number}: A" for number in range(4)]
    assert refreshed_in_time([*four, "9 calls, 0 errors;", "4 calls of AssumeRole"]) is None
    assert refreshed_in_time([*four, "9 calls, 2 errors;", "4 calls of AssumeRole"])
