"""The key ring: one key issues, several verify, rotation ends no session."""

import pytest

from understudy.errors import ConfigurationError
from understudy.server.keyring import KeyRing, new_key
from understudy.server.sessions import Session, SessionKind, SessionTokens, TokenMalformed

OLD, NEW = b"o" * 32, b"n" * 32
SESSION = Session(kind=SessionKind.ROLE, access_key_id="ASIARZPUZDIKGB2VALC4", issued=1_000, expires=2_000)


def test_rotation_does_not_end_live_sessions():
    issued = SessionTokens(KeyRing([OLD])).seal(SESSION)
    rotated = SessionTokens(KeyRing([NEW, OLD]))
    opened = rotated.open(issued.session_token, SESSION.access_key_id)
    assert opened == issued
    assert opened.secret_access_key == issued.secret_access_key


def test_the_first_key_issues():
    issued = SessionTokens(KeyRing([NEW, OLD])).seal(SESSION)
    assert SessionTokens(KeyRing([NEW])).open(issued.session_token, SESSION.access_key_id) == issued


def test_a_key_that_left_the_ring_opens_nothing():
    issued = SessionTokens(KeyRing([OLD])).seal(SESSION)
    with pytest.raises(TokenMalformed):
        SessionTokens(KeyRing([NEW])).open(issued.session_token, SESSION.access_key_id)


def test_a_file_holds_one_key_on_each_line(tmp_path):
    path = tmp_path / "ring"
    path.write_text(f"# newest first\n{new_key()}\n\n{new_key()} # until Friday\n")
    assert "2 keys" in repr(KeyRing.load(path))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [("", "empty"), ("not base64!\n", "ring:1: this line"), ("c2hvcnQ=\n", "5 bytes")],
)
def test_a_wrong_file_is_told_by_line(tmp_path, content, complaint):
    path = tmp_path / "ring"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=complaint):
        KeyRing.load(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="nowhere"):
        KeyRing.load(tmp_path / "nowhere")


def test_keys_do_not_show():
    assert "oooo" not in repr(KeyRing([OLD]))
