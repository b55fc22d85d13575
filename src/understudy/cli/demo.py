"""``understudy demo``: play the whole story against a stand-in of its own, on loopback."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace, _SubParsersAction


def add_parser(subparsers: _SubParsersAction[ArgumentParser]) -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "demo", help="play the whole story against a stand-in of its own", description=__doc__
    )
    parser.set_defaults(run=run)


def run(_namespace: Namespace) -> int:
    """Play every scene; 0 only if each gave what it should."""
    import time

    from understudy.demo.props import props
    from understudy.demo.stage import Stage
    from understudy.demo.story import STORY

    stage = Stage()
    start = time.perf_counter()
    with props() as on_stage:
        stage.line(f"Understudy stands in for STS at {on_stage.sts}, with the accounts of its sample directory.")
        stage.line(f"An identity provider signs tokens at {on_stage.provider.issuer}.")
        for scene in STORY:
            stage.show(scene, on_stage)
    stage.line()
    spent = time.perf_counter() - start
    stage.line(f"{stage.played - stage.failed} of {stage.played} scenes as they should be, in {spent:.1f} s")
    return 1 if stage.failed else 0
