import pytest

from facerec.errors import FacerecError
from facerec.live.ice_servers import VARIABLE, ice_servers

TURN = {"urls": "turn:turn.example.org", "username": "class", "credential": "secret"}


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        ("", []),
        ("  ", []),
        ("stun:a:3478 turns:b", [{"urls": "stun:a:3478"}, {"urls": "turns:b"}]),
        (
            '[{"urls": "turn:turn.example.org", "username": "class", "credential": "secret"}]',
            [TURN],
        ),
    ],
)
def test_servers_are_those_of_the_variable(monkeypatch, text: str, servers: list) -> None:
    monkeypatch.setenv(VARIABLE, text)
    assert ice_servers() == servers


def test_none_by_default(monkeypatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert ice_servers() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{", "no JSON"),
        ("https://example.org", "'https://example.org' is no address"),
        ('["stun.example.org"]', "'stun.example.org' is no address"),
        ('[{"username": "class"}]', "None is no address"),
    ],
)
def test_anything_else_is_refused(monkeypatch, text: str, message: str) -> None:
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(FacerecError, match=message):
        ice_servers()
