"""Whoever sends a wrong value is told in their own language what belongs there, and never reads the value again."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Meta

from services.api.wrong_values import OTHERWISE, told
from tenants.languages.speaking import Language, translate
from tests.services import stage
from tests.services.routes import BY_HAND_JSON
from tests.services.stage import RIGHTS, Seat


class Colour(StrEnum):
    BLUE = "blue"


class Asked(msgspec.Struct):
    name: str


Short = Annotated[str, Meta(min_length=2, max_length=3)]
Few = Annotated[list[int], Meta(min_length=1, max_length=2)]
Small = Annotated[int, Meta(ge=-1, le=9)]
Zoned = Annotated[datetime, Meta(tz=True)]
Digits = Annotated[str, Meta(pattern=r"^\d+$")]

WRONG = [
    (str, 5, "Tässä pitää olla teksti, ei kokonaisluku."),
    (int | None, "5", "Tässä pitää olla kokonaisluku / tyhjä, ei teksti."),
    (bool, 1.5, "Tässä pitää olla tosi tai epätosi, ei luku."),
    (list[str], {}, "Tässä pitää olla luettelo, ei olio."),
    (Asked, [], "Tässä pitää olla olio, ei luettelo."),
    (Asked, {}, "Kenttä name puuttuu."),
    (Colour, "pink", "Tämä ei ole mikään tässä mahdollisista arvoista."),
    (UUID, "0-0", "Tämä ei ole UUID-muotoinen tunniste."),
    (date, "31.1.2026", "Tämä ei ole päivä muodossa 2026-01-31."),
    (datetime, "eilen", "Tämä ei ole aika muodossa 2026-01-31T12:00:00+02:00."),
    (Zoned, "2026-01-31T12:00:00", "Tämä ei ole aika muodossa 2026-01-31T12:00:00+02:00."),
    (Short, "a", "Tässä pitää olla vähintään 2 merkkiä."),
    (Short, "aaaa", "Tässä saa olla enintään 3 merkkiä."),
    (Few, [], "Luettelossa pitää olla vähintään 1 kohtaa."),
    (Few, [1, 2, 3], "Luettelossa saa olla enintään 2 kohtaa."),
    (Small, -2, "Tämän pitää olla vähintään -1."),
    (Small, 10, "Tämä saa olla enintään 9."),
    (Digits, "x", "Tämä ei ole tässä odotetussa muodossa."),
]


@pytest.mark.parametrize(("kind", "given", "expected"), WRONG, ids=[str(number) for number in range(len(WRONG))])
def test_what_msgspec_says_is_said_in_the_reader_s_language(kind: Any, given: object, expected: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.json.decode(msgspec.json.encode(given), type=kind)
    assert told(Language.FI, str(refused.value)) == expected
    assert told(Language.EN, str(refused.value)) != translate(Language.EN, OTHERWISE)


def test_what_nobody_foresaw_is_told_without_the_value() -> None:
    assert told(Language.SV, "Something about 131052-908T") == "Ett sådant värde tas inte emot här."


@pytest.mark.parametrize(
    ("language", "detail"),
    [("fi", "Tässä pitää olla teksti, ei kokonaisluku."), ("sv", "Här ska stå text, inte ett heltal.")],
)
def test_the_api_names_the_field_and_what_belongs_there(
    client: TestClient[Litestar], app: Litestar, language: str, detail: str
) -> None:
    built = stage.build()
    token = built.token(Seat(built.admin, built.alfa, RIGHTS))
    answer = client.post(
        "/api/v1/requests",
        json={**BY_HAND_JSON, "channel": 5},
        headers={"Authorization": f"Bearer {token}", "Accept-Language": language},
    )
    assert answer.status_code == 400
    assert [error["detail"] for error in answer.json()["errors"]] == [detail]
    assert [error["field"] for error in answer.json()["errors"]] == ["channel"]
