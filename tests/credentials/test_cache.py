"""What a `get` does in each window and after each failure, in threads, tasks and flows alike."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from tests.credentials.doubles import START, FakeClock, Source, cache, held, hung, in_threads, open_when_waiting, until

from understudy.credentials import RefreshingCredentials
from understudy.errors import (
    AccessDenied,
    CallTimeout,
    ConfigurationError,
    ConnectFailed,
    CredentialsError,
    ExpiredToken,
    IDPRejectedClaimException,
    InvalidIdentityTokenException,
    MalformedPolicyDocumentException,
    PackedPolicyTooLargeException,
    RegionDisabledException,
    ServiceError,
    TransportError,
)
from understudy.flow import drive, drive_async

HOUR = 3600.0
MINUTE = 60.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def by_get(one: RefreshingCredentials, **options: float) -> Any:
    return one.get(**options)


def by_aget(one: RefreshingCredentials, **options: float) -> Any:
    return asyncio.run(one.aget(**options))


def by_flow(one: RefreshingCredentials, **options: float) -> Any:
    return drive(one.retrieve(**options))


@pytest.fixture(params=[by_get, by_aget, by_flow], ids=["thread", "task", "flow"])
def ask(request: pytest.FixtureRequest) -> Callable[..., Any]:
    asked: Callable[..., Any] = request.param
    return asked


def filled(clock: FakeClock, **options: Any) -> tuple[Source, RefreshingCredentials]:
    source = Source(clock, **options)
    one = cache(source)
    one.get()
    return source, one


# -- what a get does ---------------------------------------------------------------------------------------------------


def test_absent_one_fetch(clock: FakeClock, ask: Callable[..., Any]) -> None:
    source = Source(clock)
    assert ask(cache(source)).access_key_id == "AKIA1"
    assert source.calls == 1


def test_absent_a_failure_is_raised_without_back_off(clock: FakeClock, ask: Callable[..., Any]) -> None:
    source = Source(clock)
    source.error = TransportError("no route")
    one = cache(source)
    for calls in (1, 2, 3):
        with pytest.raises(TransportError, match="no route"):
            ask(one)
        assert source.calls == calls
    source.error = None
    assert ask(one).access_key_id == "AKIA4"


def test_absent_all_callers_share_one_fetch_and_its_failure(clock: FakeClock) -> None:
    source = Source(clock)
    gate = threading.Event()
    source.pause, source.error = held(gate), TransportError("no route")
    one = cache(source)
    open_when_waiting(one, gate, 19)
    results = in_threads(20, one.get)
    assert [type(result) for result in results] == [TransportError] * 20
    assert source.calls == 1
    assert len({id(result) for result in results}) == 20


def test_outside_the_window_the_source_is_not_contacted(clock: FakeClock, ask: Callable[..., Any]) -> None:
    source, one = filled(clock)
    source.error = AssertionError("contacted")
    clock.now += HOUR - 15 * MINUTE - 1
    assert ask(one).access_key_id == "AKIA1"
    assert source.calls == 1


def test_in_the_advisory_window_one_caller_refreshes_and_gets_the_new_set(clock: FakeClock, ask: Any) -> None:
    source, one = filled(clock)
    clock.now += HOUR - 15 * MINUTE
    assert ask(one).access_key_id == "AKIA2"
    assert source.calls == 2


def test_in_the_advisory_window_everybody_else_is_served_at_once(clock: FakeClock, ask: Callable[..., Any]) -> None:
    source, one = filled(clock)
    gate = threading.Event()
    source.pause = held(gate)
    clock.now += HOUR - 10 * MINUTE
    leader = threading.Thread(target=one.get)
    leader.start()
    until(lambda: source.calls == 2)
    assert ask(one).access_key_id == "AKIA1"
    gate.set()
    leader.join()
    assert ask(one).access_key_id == "AKIA2"
    assert source.calls == 2


@pytest.mark.parametrize("left", [MINUTE, 1.0, 0.0, -500.0])
def test_in_the_mandatory_window_everybody_waits_for_the_one_refresh(clock: FakeClock, left: float) -> None:
    source, one = filled(clock)
    gate = threading.Event()
    source.pause = held(gate)
    clock.now += HOUR - left
    open_when_waiting(one, gate, 29)
    results = in_threads(30, one.get)
    assert {result.access_key_id for result in results} == {"AKIA2"}
    assert source.calls == 2


def test_five_hundred_threads_and_five_hundred_tasks_at_expiry_make_one_call(clock: FakeClock) -> None:
    source, one = filled(clock)
    gate = threading.Event()
    source.pause = held(gate)
    clock.now += HOUR
    results: list[Any] = []

    async def tasks() -> list[Any]:
        return await asyncio.gather(*(one.aget() for _ in range(500)))

    loop_thread = threading.Thread(target=lambda: results.extend(asyncio.run(tasks())))
    threads = [threading.Thread(target=lambda: results.append(one.get())) for _ in range(500)]
    for thread in (loop_thread, *threads):
        thread.start()
    open_when_waiting(one, gate, 999)
    for thread in (loop_thread, *threads):
        thread.join(60)
    assert len(results) == 1000
    assert {result.access_key_id for result in results} == {"AKIA2"}
    assert source.calls == 2


async def test_tasks_lead_and_threads_follow(clock: FakeClock) -> None:
    source, one = filled(clock)
    gate = threading.Event()
    source.pause = held(gate)
    clock.now += HOUR
    leader = asyncio.create_task(one.aget())
    await asyncio.sleep(0)
    followers = [asyncio.to_thread(one.get) for _ in range(5)]
    gathered = asyncio.gather(*followers)
    await asyncio.sleep(0.05)
    gate.set()
    assert {one.access_key_id for one in [await leader, *await gathered]} == {"AKIA2"}
    assert source.calls == 2


# -- failures ----------------------------------------------------------------------------------------------------------

RECOVERABLE = [
    ConnectFailed("refused"),
    TransportError("reset"),
    CallTimeout("slow"),
    ServiceError("later", code="Throttling"),
    ServiceError("oops", code="InternalFailure", status=500),
    ServiceError("", code="ServiceUnavailable", status=503),
    ExpiredToken("the session that signs has expired"),
    CredentialsError("the agent is away", recoverable=True),
    OSError("gone"),
    RuntimeError("a function of the user failed"),
]


@pytest.mark.parametrize("error", RECOVERABLE, ids=repr)
@pytest.mark.parametrize("left", [10 * MINUTE, MINUTE, 0.0, -HOUR])
def test_a_recoverable_failure_serves_the_cached_set_and_leaves_the_source_alone(
    clock: FakeClock, ask: Callable[..., Any], error: Exception, left: float
) -> None:
    source, one = filled(clock)
    source.error = error
    clock.now += HOUR - left
    for _ in range(5):
        assert ask(one).access_key_id == "AKIA1"
    assert source.calls == 2
    clock.now += 299
    assert ask(one).access_key_id == "AKIA1"
    assert source.calls == 2
    source.error = None
    clock.now += 1
    assert ask(one).access_key_id == "AKIA3"


def test_the_back_off_is_a_random_number_of_seconds_between_five_and_ten_minutes(clock: FakeClock) -> None:
    asked: list[tuple[float, float]] = []

    def record(low: float, high: float) -> float:
        asked.append((low, high))
        return high

    source = Source(clock)
    one = RefreshingCredentials(source, clock=clock, random=record)
    one.get()
    source.error = TransportError("x")
    clock.now += HOUR
    one.get()
    assert asked == [(300.0, 600.0)]
    clock.now += 599
    one.get()
    assert source.calls == 2
    clock.now += 1
    one.get()
    assert source.calls == 3


@pytest.mark.parametrize(
    "error",
    [
        AccessDenied("no"),
        IDPRejectedClaimException("no"),
        InvalidIdentityTokenException("no"),
        MalformedPolicyDocumentException("no"),
        PackedPolicyTooLargeException("no"),
        RegionDisabledException("no"),
        CredentialsError("the SSO token has expired"),
        ConfigurationError("there is no profile 'x'"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("left", [10 * MINUTE, MINUTE, -1.0])
def test_a_failure_that_time_does_not_cure_is_raised_and_kept_for_a_moment(
    clock: FakeClock, ask: Callable[..., Any], error: Exception, left: float
) -> None:
    source, one = filled(clock)
    source.error = error
    clock.now += HOUR - left
    for _ in range(3):
        with pytest.raises(type(error)):
            ask(one)
    assert source.calls == 2
    clock.now += 1
    with pytest.raises(type(error)):
        ask(one)
    assert source.calls == 3
    source.error = None
    clock.now += 1
    assert ask(one).access_key_id == "AKIA4"


def test_the_kept_error_is_kept_for_one_to_five_seconds(clock: FakeClock) -> None:
    source = Source(clock)
    source.error = AccessDenied("no")
    one = RefreshingCredentials(source, clock=clock, random=lambda *between: 5.0 if between == (1.0, 5.0) else 0.0)
    for moment, calls in ((0.0, 1), (4.9, 1), (0.2, 2)):
        clock.now += moment
        with pytest.raises(AccessDenied):
            one.get()
        assert source.calls == calls


def test_a_kept_error_does_not_reach_those_who_need_no_refresh(clock: FakeClock) -> None:
    source, one = filled(clock)
    source.error = AccessDenied("no")
    with pytest.raises(AccessDenied):
        one.refresh()
    assert one.get().access_key_id == "AKIA1"


def test_a_source_that_hands_back_expired_credentials_has_failed_recoverably(clock: FakeClock, ask: Any) -> None:
    source, one = filled(clock)
    source.lifetime = 0.0
    clock.now += HOUR
    assert ask(one).access_key_id == "AKIA1"
    clock.now += 299
    assert ask(one).access_key_id == "AKIA1"
    assert source.calls == 2
    with pytest.raises(CredentialsError, match="source gave what had expired already, at 2027-01-15T"):
        ask(cache(source))


@pytest.mark.parametrize("left", [10 * MINUTE, MINUTE, -HOUR])
def test_a_source_that_hangs_hits_the_load_timeout_and_counts_as_failed(
    clock: FakeClock, ask: Any, left: float
) -> None:
    source = Source(clock)
    one = cache(source, load_timeout=0.05)
    one.get()
    source.pause = hung()
    clock.now += HOUR - left
    assert ask(one).access_key_id == "AKIA1"
    assert ask(one).access_key_id == "AKIA1"
    assert source.calls == 2


def test_a_source_that_hangs_at_first_is_an_error_for_all(clock: FakeClock, ask: Callable[..., Any]) -> None:
    source = Source(clock)
    source.pause = hung()
    one = cache(source, load_timeout=0.05)
    with pytest.raises(CallTimeout, match=r"source gave nothing within 0\.05 s"):
        ask(one)


def test_what_a_thread_brings_after_the_load_timeout_is_taken(clock: FakeClock) -> None:
    source = Source(clock)
    one = cache(source, load_timeout=0.05)
    one.get()
    gate, brought = threading.Event(), threading.Event()
    one.on_refresh(lambda _: brought.set())
    source.pause = held(gate)
    clock.now += HOUR
    assert one.get().access_key_id == "AKIA1"
    gate.set()
    assert brought.wait(10)
    assert one.get().access_key_id == "AKIA2"
    assert source.calls == 2


def test_without_static_stability_only_valid_credentials_are_served(clock: FakeClock, ask: Callable[..., Any]) -> None:
    source, one = filled(clock, static_stability=False)
    source.error = TransportError("away")
    clock.now += HOUR - 10 * MINUTE
    assert ask(one).access_key_id == "AKIA1"
    assert ask(one).access_key_id == "AKIA1"
    assert source.calls == 2
    clock.now += 5 * MINUTE
    assert ask(one).access_key_id == "AKIA1"
    assert source.calls == 3
    clock.now += 5 * MINUTE
    with pytest.raises(TransportError):
        ask(one)


def test_a_day_with_a_source_that_is_down_for_twenty_minutes(clock: FakeClock) -> None:
    import random

    for seed in range(10):
        rng = random.Random(seed)
        clock.now = START
        for lifetime in (15 * MINUTE, HOUR, 12 * HOUR):
            source = Source(clock, lifetime)
            one = RefreshingCredentials(source, clock=clock, random=rng.uniform)
            one.get()
            begin = clock.now
            down = begin + rng.uniform(0, 24 * HOUR - 20 * MINUTE)
            while clock.now < begin + 24 * HOUR:
                clock.now += rng.expovariate(1 / 20)
                source.error = TransportError("down") if down <= clock.now < down + 20 * MINUTE else None
                assert one.get() is not None
            # one call for each life, less its window, and the few of the outage
            assert source.calls <= 24 * HOUR / (lifetime - min(lifetime / 3, HOUR)) + 6


# -- invalidation ------------------------------------------------------------------------------------------------------


def test_a_rejected_set_counts_as_expired(clock: FakeClock, ask: Callable[..., Any]) -> None:
    source, one = filled(clock)
    one.invalidate("AKIA1")
    assert ask(one).access_key_id == "AKIA2"
    assert source.calls == 2


def test_a_key_that_is_no_longer_the_cached_one_is_ignored(clock: FakeClock, ask: Callable[..., Any]) -> None:
    source, one = filled(clock)
    one.invalidate("AKIA0")
    assert ask(one).access_key_id == "AKIA1"
    assert source.calls == 1


def test_without_a_key_the_cached_set_is_meant(clock: FakeClock) -> None:
    _, one = filled(clock)
    one.invalidate()
    assert one.get().access_key_id == "AKIA2"


def test_a_back_off_in_force_stays_in_force(clock: FakeClock, ask: Callable[..., Any]) -> None:
    source, one = filled(clock)
    source.error = TransportError("away")
    clock.now += HOUR - 10 * MINUTE
    ask(one)
    one.invalidate("AKIA1")
    source.error = None
    assert ask(one).access_key_id == "AKIA1"
    assert source.calls == 2
    clock.now += 300
    assert ask(one).access_key_id == "AKIA3"


def test_nothing_cached_nothing_to_invalidate(clock: FakeClock) -> None:
    cache(Source(clock)).invalidate("AKIA1")


# -- asking for more ---------------------------------------------------------------------------------------------------


def test_a_caller_that_needs_a_longer_life_causes_a_refresh(clock: FakeClock, ask: Callable[..., Any]) -> None:
    source, one = filled(clock)
    clock.now += 1000
    assert ask(one, min_ttl=2600.0).access_key_id == "AKIA1"
    assert ask(one, min_ttl=2601.0).access_key_id == "AKIA2"
    assert source.calls == 2


def test_a_life_that_the_source_does_not_give_is_an_error_and_not_a_call_each_time(clock: FakeClock, ask: Any) -> None:
    source, one = filled(clock)
    for _ in range(3):
        with pytest.raises(CredentialsError, match=r"source gave what lives 3600 s more, 7200 s are needed"):
            ask(one, min_ttl=7200.0)
    assert source.calls == 1


def test_a_stale_set_does_not_pass_for_a_long_life(clock: FakeClock, ask: Callable[..., Any]) -> None:
    source, one = filled(clock)
    source.error = TransportError("away")
    clock.now += HOUR - 30
    with pytest.raises(CredentialsError, match="30 s more, 900 s are needed"):
        ask(one, min_ttl=900.0)


def test_refresh_now(clock: FakeClock) -> None:
    source, one = filled(clock)
    assert one.refresh().access_key_id == "AKIA2"
    assert asyncio.run(one.arefresh()).access_key_id == "AKIA3"
    source.error = TransportError("away")
    with pytest.raises(TransportError, match="away"):
        one.refresh()
    assert one.get().access_key_id == "AKIA3"


def test_the_expiration_is_the_true_one(clock: FakeClock) -> None:
    source = Source(clock)
    one = cache(source)
    assert one.expiration is None
    assert one.current is None
    given = one.get()
    assert one.expiration == given.expiration
    assert one.current is given
    clock.now += 2 * HOUR
    assert one.expiration == given.expiration


def test_credentials_that_do_not_expire_are_fetched_once(clock: FakeClock, ask: Callable[..., Any]) -> None:
    source, one = filled(clock, lifetime=None)
    clock.now += 1000 * HOUR
    assert ask(one).access_key_id == "AKIA1"
    assert source.calls == 1


def test_a_set_born_inside_its_window_does_not_cost_a_call_for_each_get(clock: FakeClock) -> None:
    source, one = filled(clock, lifetime=4 * MINUTE)
    for _ in range(100):
        one.get()
    assert source.calls == 1
    clock.now += 2 * MINUTE
    one.get()
    assert source.calls == 2


# -- leaders that go away ----------------------------------------------------------------------------------------------


async def test_a_cancelled_leader_hands_over(clock: FakeClock) -> None:
    source, one = filled(clock)
    gate = threading.Event()
    source.pause = held(gate)
    clock.now += HOUR
    leader = asyncio.create_task(one.aget())
    await asyncio.sleep(0.01)
    followers = [asyncio.create_task(one.aget()) for _ in range(5)]
    thread = asyncio.to_thread(one.get)
    follower_thread = asyncio.ensure_future(thread)
    await asyncio.sleep(0.05)
    leader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leader
    gate.set()
    results = await asyncio.gather(*followers, follower_thread)
    assert {result.access_key_id for result in results} == {"AKIA3"}
    assert source.calls == 3


async def test_a_cancelled_waiter_leaves_and_disturbs_nobody(clock: FakeClock) -> None:
    source, one = filled(clock)
    gate = threading.Event()
    source.pause = held(gate)
    clock.now += HOUR
    leader = asyncio.create_task(one.aget())
    await asyncio.sleep(0.01)
    waiter = asyncio.create_task(one.aget())
    await asyncio.sleep(0.01)
    waiter.cancel()
    gate.set()
    assert (await leader).access_key_id == "AKIA2"
    assert source.calls == 2


async def test_a_cancellation_reaches_the_call_to_the_source(clock: FakeClock) -> None:
    from understudy.flow import Perform

    cancelled = asyncio.Event()

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    source = Source(clock)
    source.pause = Perform(lambda: None, endless)
    task = asyncio.create_task(cache(source).aget())
    await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.wait_for(cancelled.wait(), 5)


def test_an_interrupted_leader_in_a_thread_hands_over(clock: FakeClock) -> None:
    from understudy.flow import Perform

    def interrupt() -> None:
        raise KeyboardInterrupt

    source = Source(clock)
    source.pause = Perform(interrupt, lambda: asyncio.sleep(0))
    one = cache(source, load_timeout=None)
    with pytest.raises(KeyboardInterrupt):
        one.get()
    source.pause = None
    assert one.get().access_key_id == "AKIA2"


def test_a_closed_loop_does_not_hang_the_others(clock: FakeClock) -> None:
    source, one = filled(clock)
    source.pause = hung()
    one._load_timeout = None
    clock.now += HOUR
    loop = asyncio.new_event_loop()
    abandoned = loop.create_task(one.aget())
    loop.run_until_complete(asyncio.sleep(0.01))
    results: list[Any] = []
    waiting = threading.Thread(target=lambda: results.append(one.get()))
    waiting.start()
    until(lambda: one._flight is not None and one._flight._waiters)
    source.pause = None
    abandoned._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    waiting.join(20)
    assert results[0].access_key_id == "AKIA3"
    assert one.get() is results[0]
    del abandoned


def test_waiting_tasks_of_a_closed_loop_do_not_hold_up_the_leader(clock: FakeClock) -> None:
    source, one = filled(clock)
    gate = threading.Event()
    source.pause = held(gate)
    clock.now += HOUR
    results: list[Any] = []
    leader = threading.Thread(target=lambda: results.append(one.get()))
    leader.start()
    until(lambda: source.calls == 2)
    loop = asyncio.new_event_loop()
    waiter = loop.create_task(one.aget())
    loop.run_until_complete(asyncio.sleep(0.01))
    waiter._log_destroy_pending = False  # type: ignore[attr-defined]
    loop.close()
    gate.set()
    leader.join(20)
    assert results[0].access_key_id == "AKIA2"


async def test_a_sync_get_inside_the_loop_that_refreshes_does_not_wait_for_it(clock: FakeClock) -> None:
    source, one = filled(clock)
    gate = threading.Event()
    source.pause = held(gate)
    clock.now += HOUR
    leader = asyncio.create_task(one.aget())
    await asyncio.sleep(0.01)
    source.pause = None
    assert one.get().access_key_id == "AKIA3"
    gate.set()
    await leader


def test_a_source_that_asks_its_own_cache_is_told_so(clock: FakeClock, ask: Callable[..., Any]) -> None:
    class Circle:
        name = "circle"
        static_stability = True

        def retrieve(self) -> Any:
            return (yield from one.retrieve())

    one = RefreshingCredentials(Circle(), clock=clock)
    with pytest.raises(CredentialsError, match="circle asks for its own credentials"):
        ask(one)


def test_a_person_is_asked_in_the_callers_own_thread_and_without_a_limit(clock: FakeClock) -> None:
    source = Source(clock)
    source.interactive = True  # type: ignore[attr-defined]
    threads: list[str] = []
    from understudy.flow import CallUser

    source.pause = CallUser(lambda: threads.append(threading.current_thread().name))
    one = cache(source)
    one.get()
    assert threads == [threading.current_thread().name]


# -- a call with a time limit of its own -------------------------------------------------------------------------------


@pytest.mark.parametrize("run", [drive, lambda flow: asyncio.run(drive_async(flow))], ids=["thread", "task"])
def test_a_caller_whose_time_is_over_stops_and_blames_nobody(clock: FakeClock, run: Callable[[Any], Any]) -> None:
    from understudy.client.deadline import within
    from understudy.clock import SYSTEM_CLOCK

    source, one = filled(clock)
    source.pause = hung()
    clock.now += HOUR
    with pytest.raises(CallTimeout, match="the time of the call ran out while source was asked for credentials"):
        run(within(one.retrieve(), SYSTEM_CLOCK.monotonic() + 0.1, 0.1, SYSTEM_CLOCK))
    source.pause = None
    assert one.get().access_key_id == "AKIA3"


def test_a_waiter_whose_time_is_over_leaves_and_the_leader_goes_on(clock: FakeClock) -> None:
    from understudy.client.deadline import within
    from understudy.clock import SYSTEM_CLOCK

    source, one = filled(clock)
    gate = threading.Event()
    source.pause = held(gate)
    clock.now += HOUR
    leader = threading.Thread(target=one.get)
    leader.start()
    until(lambda: source.calls == 2)
    with pytest.raises(CallTimeout):
        drive(within(one.retrieve(), SYSTEM_CLOCK.monotonic() + 0.1, 0.1, SYSTEM_CLOCK))
    gate.set()
    leader.join(10)
    assert one.get().access_key_id == "AKIA2"
    assert source.calls == 2
