"""The project's own pytest plugin, for a checkout that is not installed."""

pytest_plugins = ["understudy.pytest_plugin"]
