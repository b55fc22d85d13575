"""The key ring's file: made for its owner alone, rotated without ending the sessions of the key before."""

from __future__ import annotations

import stat

import pytest

from understudy.cli import main
from understudy.server.keyring import KeyRing
from understudy.server.sessions import Session, SessionKind, SessionTokens, TokenMalformed


def sealed_with(ring: KeyRing) -> tuple[str, str]:
    session = Session(kind=SessionKind.ROLE, access_key_id="ASIARZPUZDIKAEXAMPLE", issued=1, expires=2)
    return SessionTokens(ring).seal(session).session_token, session.access_key_id


def test_a_new_ring_is_readable_by_its_owner_alone(tmp_path):
    file = tmp_path / "ring"
    assert main(["keyring", str(file)]) == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert KeyRing.load(file)


def test_rotation_keeps_the_sessions_of_the_key_before_and_drops_older_ones(tmp_path):
    file = tmp_path / "ring"
    main(["keyring", str(file)])
    token, access_key_id = sealed_with(KeyRing.load(file))
    main(["keyring", str(file)])
    assert SessionTokens(KeyRing.load(file)).open(token, access_key_id)
    assert sealed_with(KeyRing.load(file))[0][:7] != token[:7], "the new key issues"
    main(["keyring", str(file)])
    with pytest.raises(TokenMalformed):
        SessionTokens(KeyRing.load(file)).open(token, access_key_id)


def test_a_broken_ring_is_left_as_it_is_and_named_with_its_line(tmp_path, capsys):
    file = tmp_path / "ring"
    file.write_text("# comment\nnot base64!\n")
    assert main(["keyring", str(file)]) == 1
    assert file.read_text() == "# comment\nnot base64!\n"
    assert f"{file}:2" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["ring"]
