"""Which pytest worker gets which test."""

from xdist.scheduler import LoadScopeScheduling


class JourneysTogether(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """All browser journeys on one worker, for they share one stack; every other test wherever there is room.

    In place of marks: pytest-xdist 3.8 writes a group into a test's id in a way that pytest 9.2 does not read.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "journeys" if "tests/journeys/" in nodeid else nodeid
