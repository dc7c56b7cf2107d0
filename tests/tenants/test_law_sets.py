"""Each set of what the law says holds from its day until the next one does."""

from datetime import date
from pathlib import Path

import pytest
from msgspec import Struct

from tenants import law_sets


class Days(Struct, frozen=True):
    in_force_from: date
    days: int


SETS = (Days(date(2020, 1, 1), 30), Days(date(2026, 7, 1), 14))


@pytest.mark.parametrize(
    ("day", "days"),
    [(date(2020, 1, 1), 30), (date(2026, 6, 30), 30), (date(2026, 7, 1), 14), (date(2030, 1, 1), 14)],
    ids=range(4),
)
def test_a_set_holds_from_its_first_day_on(day: date, days: int) -> None:
    assert law_sets.on(SETS, day) == law_sets.on_or_first(SETS, day)
    assert law_sets.on_or_first(SETS, day).days == days


def test_before_the_first_there_is_none_or_the_first() -> None:
    assert law_sets.on(SETS, date(2019, 12, 31)) is None
    assert law_sets.on_or_first(SETS, date(2019, 12, 31)).days == 30


def test_sets_out_of_their_order_are_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "rules_out_of_order"
    package.mkdir()
    (package / "__init__.py").touch()
    lines = [f"- {{in_force_from: {one.in_force_from}, days: {one.days}}}\n" for one in SETS]
    monkeypatch.syspath_prepend(tmp_path)
    (package / "days.yaml").write_text("".join(lines))
    assert law_sets.read(package.name, "days.yaml", Days) == SETS
    (package / "days.yaml").write_text("".join(reversed(lines)))
    with pytest.raises(ValueError, match="in the order in which they came into force"):
        law_sets.read(package.name, "days.yaml", Days)
