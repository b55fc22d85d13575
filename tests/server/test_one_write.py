"""Head and body of an answer leave in one write; nothing is held back longer than a turn of the event loop."""

from understudy.server.one_write import _JoiningTransport


class Loop:
    def __init__(self):
        self.soon = []

    def call_soon(self, function):
        self.soon.append(function)

    def turn(self):
        for function in self.soon:
            function()
        self.soon.clear()


class Transport:
    def __init__(self):
        self.events = []

    def write(self, data):
        self.events.append(data)

    def close(self):
        self.events.append("closed")

    def is_closing(self):
        return "closed" in self.events


def made():
    inner, loop = Transport(), Loop()
    return _JoiningTransport(inner, loop), inner, loop


def test_two_writes_of_one_turn_are_one():
    transport, inner, loop = made()
    transport.write(b"head")
    transport.write(b"body")
    loop.turn()
    assert inner.events == [b"headbody"]


def test_a_single_write_leaves_with_the_turn():
    transport, inner, loop = made()
    transport.write(b"head")
    assert inner.events == []
    loop.turn()
    assert inner.events == [b"head"]


def test_answers_keep_their_order():
    transport, inner, loop = made()
    for data in (b"1", b"2", b"3"):
        transport.write(data)
    loop.turn()
    transport.write(b"4")
    loop.turn()
    assert b"".join(inner.events) == b"1234"


def test_closing_lets_go_of_what_is_held_first():
    transport, inner, _ = made()
    transport.write(b"last")
    transport.close()
    assert inner.events == [b"last", "closed"]
    assert transport.is_closing()
