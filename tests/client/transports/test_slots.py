"""The bound on exchanges of threads: places are handed over in turn, and nobody waits beyond the time."""

from __future__ import annotations

import threading

import pytest

from understudy.client.transports.slots import Slots
from understudy.errors import CallTimeout
from understudy.http import Request

REQUEST = Request("POST", "sts.example.com")
PATIENCE = 20.0


def test_free_places_are_taken_without_waiting() -> None:
    slots = Slots(2)
    slots.take(REQUEST, None)
    slots.take(REQUEST, 0.001)
    with pytest.raises(CallTimeout, match=r"sts\.example\.com"):
        slots.take(REQUEST, 0.01)
    slots.give_back()
    slots.take(REQUEST, 0.001)


def test_a_place_goes_to_whoever_waits_longest() -> None:
    slots, order = Slots(1), []
    slots.take(REQUEST, None)
    threads = []
    for number in range(3):
        thread = threading.Thread(target=lambda number=number: (slots.take(REQUEST, PATIENCE), order.append(number)))
        thread.start()
        threads.append(thread)
        while len(slots._queue) <= number:
            pass
    for thread in threads:
        slots.give_back()
        thread.join(PATIENCE)
    assert order == [0, 1, 2]


def test_who_gave_up_gets_no_place() -> None:
    slots = Slots(1)
    slots.take(REQUEST, None)
    with pytest.raises(CallTimeout):
        slots.take(REQUEST, 0.01)
    slots.give_back()
    slots.take(REQUEST, 0.01)
