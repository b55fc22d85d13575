"""The project's own pytest plugin, for a checkout that is not installed, and how its tests use hypothesis."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

pytest_plugins = ["understudy.pytest_plugin"]

# time is never asserted in a test, and a busy machine is no finding
_chosen = settings.get_profile(settings.get_current_profile_name())
settings.register_profile(
    "understudy",
    parent=_chosen,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("understudy")
