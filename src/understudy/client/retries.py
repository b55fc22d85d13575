"""Whether a failed attempt is worth another, and how long to wait: the standard and the adaptive mode of the AWS SDKs.

Source: "Retry behavior" of the AWS SDKs and Tools Reference Guide. Seconds throughout.
"""

from __future__ import annotations

from _thread import allocate_lock

from understudy.client.skew import parse_http_date
from understudy.errors import ResponseError, ServiceError, TransportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final, Literal

    from understudy.http import Response

    Kind = Literal["transient", "throttling"]

THROTTLING_CODES: Final = frozenset(
    (
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    )
)
TRANSIENT_CODES: Final = frozenset(("IDPCommunicationError", "RequestTimeout", "RequestTimeoutException"))
TRANSIENT_STATUSES: Final = frozenset((500, 502, 503, 504))
MAX_BACKOFF: Final = 20.0
BASE: Final[dict[Kind, float]] = {"transient": 0.05, "throttling": 1.0}
COST: Final[dict[Kind, int]] = {"transient": 14, "throttling": 5}


def classify(error: BaseException) -> Kind | None:
    """What kind of failure is worth a retry; None if the error is final."""
    if isinstance(error, TransportError):
        return "transient"
    if isinstance(error, ServiceError):
        return _classify_answer(error.code, error.status, error.retryable)
    if isinstance(error, ResponseError):
        return _classify_answer("", error.status, False)
    return None


def _classify_answer(code: str, status: int, retryable: bool) -> Kind | None:
    if status == 429 or code in THROTTLING_CODES:
        return "throttling"
    return "transient" if retryable or status in TRANSIENT_STATUSES or code in TRANSIENT_CODES else None


def backoff(kind: Kind, retry: int, random: Callable[[], float], asked: float | None = None) -> float:
    """The wait before a retry (0 is the first): uniform in 0 .. min(base * 2^retry, 20).

    What the service asked for stretches it, by at most 5 seconds.
    """
    delay: float = random() * min(BASE[kind] * 2.0**retry, MAX_BACKOFF)
    return delay if asked is None else max(delay, min(asked, delay + 5.0))


def asked_delay(response: Response | None, now: float) -> float | None:
    """The wait that an answer asks for: ``x-amz-retry-after`` (milliseconds), ``retry-after`` (seconds or a date)."""
    if response is None:
        return None
    for name, scale in (("x-amz-retry-after", 1000.0), ("retry-after", 1.0)):
        text = response.header(name)
        if text is not None and text.isdecimal() and text.isascii():
            return int(text[:9]) / scale
    moment = parse_http_date(response.header("retry-after") or "")
    return None if moment is None else max(moment - now, 0.0)


class RetryQuota:
    """A bucket of 500 tokens that retries draw from, so that a failing service does not meet a storm of them."""

    __slots__ = ("_lock", "available", "capacity")

    def __init__(self, capacity: int = 500) -> None:
        self.capacity = capacity
        self.available = capacity
        self._lock = allocate_lock()

    def draw(self, cost: int) -> bool:
        """Take the cost of a retry; False, and nothing taken, if the bucket does not hold it."""
        with self._lock:
            if cost > self.available:
                return False
            self.available -= cost
            return True

    def give_back(self, drawn: int) -> None:
        """After a success: what its last retry drew, or one token for a call without a retry."""
        if self.available < self.capacity:
            with self._lock:
                self.available = min(self.available + (drawn or 1), self.capacity)


class RateLimiter:
    """The client-side rate of the adaptive mode: silent until the first throttling, then CUBIC (RFC 9438).

    A throttled call cuts the rate to 0.7 of what was measured; successes let it grow along a cubic curve back to the
    rate at which the throttling happened and beyond, but never above twice the measured rate.
    """

    __slots__ = (
        "_bucket_start",
        "_capacity",
        "_count",
        "_last_refill",
        "_last_throttle",
        "_lock",
        "_measured",
        "_rate",
        "_rate_at_throttle",
        "_tokens",
        "enabled",
    )

    BETA = 0.7
    SCALE = 0.4
    SMOOTHING = 0.8
    MIN_RATE = 0.5

    def __init__(self, now: float) -> None:
        self.enabled = False
        self._rate = 1.0
        self._capacity = 1.0
        self._tokens = 0.0
        self._last_refill = now
        self._measured = 0.0
        self._bucket_start = now
        self._count = 0
        self._rate_at_throttle = 0.0
        self._last_throttle = now
        self._lock = allocate_lock()

    @property
    def rate(self) -> float:
        """Calls a second, once throttling has been seen."""
        return self._rate

    def wait(self, now: float) -> float:
        """Take one token and say how many seconds to sleep before sending; later callers queue behind."""
        if not self.enabled:
            return 0.0
        with self._lock:
            self._refill(now)
            self._tokens -= 1.0
            return max(-self._tokens / self._rate, 0.0)

    def observe(self, throttled: bool, now: float) -> None:
        """Take account of an answer."""
        with self._lock:
            self._measure(now)
            self._refill(now)
            if throttled:
                self._rate_at_throttle = min(self._measured, self._rate) if self.enabled else self._measured
                self._last_throttle = now
                self.enabled = True
                wanted = self._rate_at_throttle * self.BETA
            else:
                wanted = self._cubic(now)
            self._set_rate(min(wanted, 2.0 * self._measured))

    def _cubic(self, now: float) -> float:
        plateau = (self._rate_at_throttle * (1.0 - self.BETA) / self.SCALE) ** (1.0 / 3.0)
        elapsed = now - self._last_throttle - plateau
        return float(self.SCALE * elapsed**3 + self._rate_at_throttle)

    def _set_rate(self, rate: float) -> None:
        self._rate = max(rate, self.MIN_RATE)
        self._capacity = max(rate, 1.0)
        self._tokens = min(self._tokens, self._capacity)

    def _refill(self, now: float) -> None:
        self._tokens = min(self._tokens + max(now - self._last_refill, 0.0) * self._rate, self._capacity)
        self._last_refill = max(now, self._last_refill)

    def _measure(self, now: float) -> None:
        """Answers a second, smoothed over buckets of half a second."""
        self._count += 1
        start = now * 2 // 1 / 2
        if start > self._bucket_start:
            fresh = self._count / (start - self._bucket_start)
            self._measured = fresh * self.SMOOTHING + self._measured * (1.0 - self.SMOOTHING)
            self._count = 0
            self._bucket_start = start
