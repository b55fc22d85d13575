"""Forks and pickles: what goes along, and what begins anew."""

from __future__ import annotations

import os
import pickle
import threading
from typing import Any

import pytest
from tests.credentials.doubles import FakeClock, Source, cache, held, until

from understudy.credentials import RefreshingCredentials
from understudy.identity import AWSCredentials


class Module:
    """A provider that can be pickled."""

    name = "module"
    static_stability = True

    def retrieve(self) -> Any:
        return AWSCredentials("AKIAMODULE", "the-secret")
        yield


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_fork_in_mid_refresh_neither_hangs_nor_loses_the_cached_set() -> None:
    source = Source(FakeClock())
    one = cache(source)
    one.get()
    gate = threading.Event()
    source.pause = held(gate)
    source.clock.now += 3600
    leader = threading.Thread(target=one.get)
    leader.start()
    until(lambda: source.calls == 2)
    one._lock.acquire()
    child = os.fork()
    if child == 0:
        source.pause = None
        kept = one.current
        renewed = one.get()
        os._exit(0 if (kept.access_key_id, renewed.access_key_id) == ("AKIA1", "AKIA3") else 1)  # type: ignore[union-attr]
    one._lock.release()
    gate.set()
    leader.join(10)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert one.get().access_key_id == "AKIA2"


def test_a_pickle_carries_the_provider_and_the_options_and_no_value() -> None:
    one = RefreshingCredentials(Module(), advisory_window=120.0, load_timeout=7.0)
    one.get()
    pickled = pickle.dumps(one)
    assert b"the-secret" not in pickled
    assert pickled == pickle.dumps(RefreshingCredentials(Module(), advisory_window=120.0, load_timeout=7.0))
    copy = pickle.loads(pickled)
    assert copy.current is None
    assert copy.get().access_key_id == "AKIAMODULE"
    assert copy.__reduce__()[1][2] == {"advisory_window": 120.0, "load_timeout": 7.0}


def test_what_cannot_be_pickled_says_why() -> None:
    provider = Module()
    provider.function = lambda: None  # type: ignore[attr-defined]
    with pytest.raises(
        TypeError, match=r"RefreshingCredentials\('module'\) cannot be pickled, because its provider cannot"
    ):
        pickle.dumps(RefreshingCredentials(provider))
