"""A processor's system pulls its feed: line by line, and from the place where it stopped the last time."""

import csv
import io
import json
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import repeat
from typing import Any
from urllib.parse import unquote
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from psycopg.conninfo import make_conninfo
from pyarrow import parquet as pq

from infra.embedded.postgres import Postgres
from services.api.feeds import giving, places, pulling, waiting
from services.api.feeds.bearer import LetIn
from services.api.oauth import addresses
from tenants.acting import PurposeKind, system
from tenants.acting import client as acting_client
from tenants.clients import registering, tokens
from tenants.clients.model import AccessToken
from tenants.consents import consenting, objecting
from tenants.database import walled_session
from tenants.feeds import following
from tenants.feeds.delivering import Gone, Page, Tombstone
from tenants.registers.model import ErasureGround
from tenants.sharing.conditions import FieldIs
from tests.services import browsing
from tests.services.oauth import wires
from tests.services.oauth.wires import Program
from tests.tenants.feeds import scene as feeds
from tests.tenants.feeds.follower import CARE
from tests.tenants.feeds.scene import Scene
from tests.tenants.feeds.writing import customer, rewrite
from tests.tenants.notifying.telling import erase, restrict
from tests.waiting import somebody_waits, until

FEED = "alfa.customers"


@pytest.fixture(scope="module")
def house(client: TestClient[Litestar]) -> Scene:
    made = feeds.scene()
    made.approved("customers")
    made.approved("suspended")
    return made


@pytest.fixture
def program(client: TestClient[Litestar], house: Scene) -> Program:
    return wires.program(client, house.house)


def lines(answer: Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_feed_is_pulled_to_its_end_and_then_followed(program: Program, house: Scene) -> None:
    ada, *_ = [customer(house, name) for name in ("Ada", "Bo", "Cleo")]
    token = program.token()
    told = lines(program.fetch(token, feed=FEED, limit="2"))
    assert [line["op"] for line in told] == ["upsert", "upsert", "page", "upsert", "page"]
    assert [line["more"] for line in told if line["op"] == "page"] == [True, False]
    assert {line["data"]["name"] for line in told if line["op"] == "upsert"} == {"Ada", "Bo", "Cleo"}
    resumed = lines(program.fetch(token, feed=FEED, cursor=told[2]["cursor"]))
    assert resumed[0] == told[3]
    with walled_session(house.house.alfa.system()) as session:
        objecting.object_to(session, ada, CARE)
    gone, end = lines(program.fetch(token, feed=FEED, cursor=told[-1]["cursor"]))
    assert (gone["op"], gone["person_id"], gone["reason"]) == ("tombstone", str(ada), "objected")
    [nothing] = lines(program.fetch(token, feed=FEED, cursor=end["cursor"]))
    assert nothing["op"] == "page"


def test_an_answer_of_very_many_pages_ends_with_a_place_to_go_on_from(
    program: Program, house: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = program.token()
    *_, end = lines(program.fetch(token, feed=FEED))
    for name in ("Elli", "Frans", "Greta"):
        customer(house, name)
    monkeypatch.setattr(giving, "MOST_PAGES", 2)
    told = lines(program.fetch(token, feed=FEED, limit="1", cursor=end["cursor"]))
    assert [(line["op"], line.get("more")) for line in told] == [("upsert", None), ("page", True)] * 2
    told += lines(program.fetch(token, feed=FEED, limit="3", cursor=told[-1]["cursor"]))
    assert [line["data"]["name"] for line in told if line["op"] == "upsert"] == ["Elli", "Frans", "Greta"]
    assert not told[-1]["more"]


def test_the_page_of_a_person_leads_to_the_feed_that_gave_them_away(
    program: Program, house: Scene, open_browser: Callable[[], browsing.Browser]
) -> None:
    dora = customer(house, "Dora")
    lines(program.fetch(program.token(), feed=FEED))
    [given] = [one.feed.feed_id for one in house.all() if one.feed.key == "customers"]
    office = open_browser()
    office.sit_down(house.house.approver, house.house.alfa, PurposeKind.RIGHTS_REQUEST)
    page = browsing.Page(office.get(f"/office/persons/{dora}?language=en"))
    assert "feed, version 1" in page.words
    assert f"/office/processors/feeds/{given}" in page.links
    assert office.get(f"/office/processors/feeds/{given}").status_code == 200


def test_whoever_takes_it_gets_the_lines_packed(program: Program, house: Scene) -> None:
    customer(house, "Ada")
    token = program.token()
    for coding in ("gzip", "zstd"):
        answer = program.fetch(token, feed=FEED, limit="1", said={"Accept-Encoding": coding})
        assert answer.headers["content-encoding"] == coding
        assert lines(answer)[-1]["more"] is False
    assert "content-encoding" not in program.fetch(token, feed=FEED, said={"Accept-Encoding": "identity"}).headers


def test_what_is_no_place_in_the_feed_is_refused_in_words(program: Program) -> None:
    token = program.token()
    refused = program.fetch(token, feed=FEED, cursor="x")
    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    assert program.fetch(token, feed=FEED, limit="0").status_code == 422


def test_a_feed_that_the_token_does_not_open_is_refused(program: Program, house: Scene) -> None:
    token = program.token()
    for name in ("alfa.other", "beta.customers", "x"):
        refused = program.fetch(token, feed=name)
        assert refused.status_code == 403
        assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
    answer = program.client.get("/feeds/v1/alfa.customers")
    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["x%0d%0aSet-Cookie:%20a=b", "x%22,%20Basic%20realm=%22muu", "%00", "%E2%82%AC"])
def test_what_stands_in_the_address_writes_no_headers(program: Program, name: str) -> None:
    token = program.token()
    proof = program.proof(addresses.external(f"/feeds/v1/{unquote(name)}"), "GET", ath=wires.ath(token))
    refused = program.client.get(f"/feeds/v1/{name}", headers={"Authorization": f"DPoP {token}", "DPoP": proof})
    assert refused.status_code == 403
    assert "scope=" not in refused.headers["www-authenticate"]


def test_whoever_asks_for_everything_many_times_over_waits_for_the_own_answers(program: Program, house: Scene) -> None:
    customer(house, "Ada")
    token, acting = program.token(), acting_client(house.house.group.group_id, house.agreement)
    begun = [places.kept_for(program.client_id, following.pages(acting, FEED)) for _ in range(places.AT_ONCE)]
    assert all(next(pages).text for pages in begun)
    refused = program.fetch(token, feed=FEED)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, str(places.AGAIN))
    begun.pop()
    assert program.fetch(token, feed=FEED).status_code == 200
    assert program.fetch(token, feed=FEED, format="csv").status_code == 200
    begun[0].close()
    assert [program.fetch(token, feed=FEED).status_code for _ in range(places.AT_ONCE)] == [200] * places.AT_ONCE


def test_a_feed_that_is_suspended_gives_nothing_at_once(program: Program, house: Scene) -> None:
    token = program.token()
    assert program.fetch(token, feed="alfa.suspended").status_code == 200
    [feed_id] = [one.feed.feed_id for one in house.all() if one.feed.key == "suspended"]
    house.suspend(feed_id)
    assert program.fetch(token, feed="alfa.suspended").status_code == 403


def cursor_of(answer: Response) -> str:
    return str(lines(answer)[-1]["cursor"])


def test_whoever_is_at_the_end_is_told_that_nothing_has_come(program: Program, house: Scene) -> None:
    customer(house, "Ada")
    token = program.token()
    first = program.fetch(token, feed=FEED)
    known, end = {"If-None-Match": first.headers["etag"]}, cursor_of(first)
    same = program.fetch(token, feed=FEED, said=known, cursor=end)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    assert program.fetch(token, feed=FEED, said={"If-None-Match": '"x"'}, cursor=end).status_code == 200
    assert program.fetch(token, feed=FEED, said=known).status_code == 200
    customer(house, "Bo")
    changed = program.fetch(token, feed=FEED, said=known, cursor=end)
    assert [line["op"] for line in lines(changed)] == ["upsert", "page"]
    assert changed.headers["etag"] != first.headers["etag"]


def test_to_look_gives_nothing_and_says_whether_there_is_more(program: Program, house: Scene) -> None:
    token = program.token()
    start = program.fetch(token, feed=FEED, method="HEAD")
    assert (start.status_code, start.content, start.headers["seloste-more"]) == (200, b"", "true")
    first = program.fetch(token, feed=FEED)
    assert start.headers["content-type"] == first.headers["content-type"]
    assert "content-length" not in start.headers
    known, end = {"If-None-Match": first.headers["etag"]}, cursor_of(first)
    assert program.fetch(token, feed=FEED, method="HEAD", said=known, cursor=end).status_code == 304
    customer(house, "Ada")
    more = program.fetch(token, feed=FEED, method="HEAD", said=known, cursor=end)
    assert (more.status_code, more.headers["seloste-more"]) == (200, "true")
    assert program.fetch(token, feed=FEED, method="HEAD", cursor="x").status_code == 409
    assert program.fetch(token, feed="alfa.other", method="HEAD").status_code == 403


def test_each_reason_why_somebody_is_gone_is_told(program: Program, house: Scene) -> None:
    vips = {"fields": ("name",), "condition": FieldIs("segment", ("vip",)), "consent_required": True}
    house.approved("vips", **vips)
    reasons = ("erased", "retention", "restricted", "objected", "consent_withdrawn", "out_of_scope")
    gone = {reason: consenting_vip(house, reason) for reason in reasons}
    held = consenting_vip(house, "held")
    token = program.token()
    end = cursor_of(program.fetch(token, feed="alfa.vips"))
    erase(house, gone["erased"])
    erase(house, gone["retention"], ground=ErasureGround.RETENTION_ENDED)
    restrict(house, gone["restricted"])
    with walled_session(house.house.alfa.system()) as session:
        objecting.object_to(session, gone["objected"], CARE)
        consenting.withdraw(session, gone["consent_withdrawn"], CARE)
    rewrite(house, gone["out_of_scope"], segment="muu")
    *told, _ = lines(program.fetch(token, feed="alfa.vips", cursor=end))
    assert {line["reason"]: line["person_id"] for line in told if line["op"] == "tombstone"} == {
        reason: str(person_id) for reason, person_id in gone.items()
    }
    assert {line["person_id"] for line in told if line["op"] == "upsert"} <= {str(held)}


def consenting_vip(house: Scene, name: str) -> UUID:
    person_id = customer(house, name, segment="vip")
    with walled_session(house.house.alfa.system()) as session:
        consenting.give(session, person_id, CARE, source="Lomake 7")
    return person_id


def rows(answer: Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_a_feed_is_a_table_page_by_page(program: Program, house: Scene) -> None:
    ada = customer(house, '=HYPERLINK("x"), "Ada"')
    token = program.token()
    whole = rows(program.fetch(token, feed=FEED, said={"Accept": "text/csv"}))
    assert list(whole[0]) == ["_op", "_record_id", "_person_id", "_reason", "_updated_at", "name", "segment"]
    [of_ada] = [row for row in whole if row["_person_id"] == str(ada)]
    assert (of_ada["_op"], of_ada["name"]) == ("upsert", '\'=HYPERLINK("x"), "Ada"')
    read: list[dict[str, str]] = []
    asked: dict[str, Any] = {"format": "csv", "limit": "2"}
    while True:
        answer = program.fetch(token, feed=FEED, **asked)
        read += rows(answer)
        asked["cursor"] = answer.headers["seloste-cursor"]
        if answer.headers["seloste-more"] == "false":
            break
        assert answer.links["next"]["url"].endswith(f"?cursor={asked['cursor']}&format=csv&limit=2")
    assert read == whole
    assert "link" not in answer.headers
    with walled_session(house.house.alfa.system()) as session:
        objecting.object_to(session, ada, CARE)
    [gone] = rows(program.fetch(token, feed=FEED, **asked))
    assert (gone["_op"], gone["_person_id"], gone["_reason"], gone["name"]) == ("tombstone", str(ada), "objected", "")


def parquet(answer: Response) -> pq.ParquetFile:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert "content-encoding" not in answer.headers
    return pq.ParquetFile(io.BytesIO(answer.content))


def test_a_feed_is_parquet_that_says_what_its_lines_say(program: Program, house: Scene) -> None:
    bo, *_ = [customer(house, name) for name in ("Bo", "=1+1", "Cleo")]
    token = program.token()
    *told, end = lines(program.fetch(token, feed=FEED))
    file = parquet(program.fetch(token, feed=FEED, limit="2", said={"Accept": "application/vnd.apache.parquet"}))
    assert file.metadata.num_row_groups > 1, "a row group for each page"
    upserts = [line for line in told if line["op"] == "upsert"]
    assert [row["_record_id"] for row in file.read().to_pylist()] == [line["record_id"] for line in upserts]
    for row, line in zip(file.read().to_pylist(), upserts, strict=True):
        assert row.pop("_updated_at") == datetime.fromisoformat(line["updated_at"])
        ours = {"_op": "upsert", "_record_id": line["record_id"], "_person_id": line["person_id"], "_reason": None}
        assert row == {**ours, **line["data"]}
    place = {name: value.decode() for name, value in file.metadata.metadata.items()}
    assert place == {b"seloste.cursor": end["cursor"], b"seloste.epoch": "1", b"seloste.more": "false"}
    with walled_session(house.house.alfa.system()) as session:
        objecting.object_to(session, bo, CARE)
    following = parquet(program.fetch(token, feed=FEED, cursor=end["cursor"], format="parquet"))
    [gone] = following.read().to_pylist()
    assert (gone["_op"], gone["_person_id"], gone["_reason"]) == ("tombstone", str(bo), "objected")
    assert (gone["name"], gone["segment"], gone["_updated_at"]) == (None, None, None)
    onwards = following.metadata.metadata[b"seloste.cursor"].decode()
    nothing = parquet(program.fetch(token, feed=FEED, cursor=onwards, format="parquet"))
    assert (nothing.metadata.num_rows, nothing.schema_arrow.names[-2:]) == (0, ["name", "segment"])


def test_a_file_of_ever_so_small_pages_ends_and_says_that_there_is_more() -> None:
    line = Tombstone(uuid4(), uuid4(), Gone.ERASED)
    page = Page(msgspec.json.encode(line) + b"\n", "jatka", 1, more=True)
    sent = giving.as_parquet(repeat(page, giving.MOST_PAGES + 1), {}, lambda page: ())
    assert isinstance(sent.iterator, Iterator)
    file = pq.ParquetFile(io.BytesIO(b"".join(part for part in sent.iterator if isinstance(part, bytes))))
    assert file.metadata.num_row_groups == giving.MOST_PAGES
    assert file.metadata.metadata[b"seloste.more"] == b"true"


@pytest.mark.parametrize(("accepted", "asked"), [("application/json", {}), ("*/*", {"format": "xlsx"})])
def test_what_it_is_not_given_as_is_refused_with_what_there_is(
    program: Program, accepted: str, asked: dict[str, Any]
) -> None:
    refused = program.fetch(program.token(), feed=FEED, said={"Accept": accepted, "Accept-Language": "en"}, **asked)
    assert refused.status_code == 406
    assert "text/csv" in refused.json()["detail"]


def revoke(house: Scene, of: Program) -> None:
    with walled_session(house.house.alfa.system()) as session:
        [row] = session.query(AccessToken).filter(AccessToken.client_id == of.client_id)
        tokens.revoke(session, row)


def disable(house: Scene, of: Program) -> None:
    with walled_session(house.house.approver.acting(house.house.alfa)) as session:
        registering.disable(session, of.client_id)


@pytest.mark.parametrize("shut", [revoke, disable], ids=["token revoked", "client disabled"])
def test_an_answer_that_is_being_sent_ends_when_its_client_is_shut_out(
    program: Program, house: Scene, shut: Callable[[Scene, Program], None]
) -> None:
    for name in ("Ada", "Bo"):
        customer(house, name)
    let_in = let_in_as(program, program.token(), house)
    pages = following.pages(acting_client(let_in.group_id, house.agreement), FEED, most=1)
    sent = pulling.while_open(let_in, next(pages), pages)
    assert next(sent).more
    shut(house, program)
    assert list(sent) == []


@pytest.mark.parametrize("shut", [revoke, disable], ids=["token revoked", "client disabled"])
def test_a_page_that_is_being_made_meanwhile_does_not_leave(
    program: Program, house: Scene, database: Postgres, shut: Callable[[Scene, Program], None]
) -> None:
    """The page waits for the ledger, in its own transaction, while its client is shut out in another."""
    customer(house, "Kaija")
    token = program.token()
    with ThreadPoolExecutor(1) as aside:
        with psycopg.connect(make_conninfo(database.admin_url, dbname="seloste")) as admin:
            admin.execute("LOCK TABLE disclosure_blocks IN SHARE MODE")
            asked = aside.submit(program.fetch, token, feed=FEED)
            until(partial(somebody_waits, database))
            shut(house, program)
        answer = asked.result()
    assert (answer.status_code, "Kaija" in answer.text) == (401, False)


def test_nor_does_a_later_page(program: Program, house: Scene) -> None:
    for name in ("Lea", "Mio"):
        customer(house, name)
    let_in = let_in_as(program, program.token(), house)
    made = following.pages(acting_client(let_in.group_id, house.agreement), FEED, most=1)
    first = next(made)

    def others() -> Generator[Page]:
        for page in made:
            revoke(house, program)
            yield page

    assert list(pulling.while_open(let_in, first, others())) == [first]


def let_in_as(of: Program, token: str, house: Scene) -> LetIn:
    group_id = house.house.group.group_id
    with walled_session(system(group_id)) as session:
        shown = tokens.find(session, token)
    return LetIn(group_id, of.client_id, shown.client.company_id, {}, shown.token.token_id)


def test_whoever_waits_at_the_end_is_answered_when_something_comes(program: Program, house: Scene) -> None:
    token = program.token()
    end = cursor_of(program.fetch(token, feed=FEED))
    with ThreadPoolExecutor(1) as aside:
        answer = aside.submit(program.fetch, token, feed=FEED, cursor=end, wait="30")
        until(lambda: waiting.waits(program.client_id) == 1)
        dan = customer(house, "Dan")
        assert [line.get("person_id") for line in lines(answer.result())] == [str(dan), None]
    [nothing] = lines(program.fetch(token, feed=FEED, cursor=cursor_of(answer.result()), wait="1"))
    assert nothing["op"] == "page"
    assert program.fetch(token, feed=FEED, cursor=end, wait="31").status_code == 400
    assert waiting.waits(program.client_id) == 0


def test_whoever_waits_is_not_answered_once_the_token_is_revoked(program: Program, house: Scene) -> None:
    token = program.token()
    end = cursor_of(program.fetch(token, feed=FEED))
    with ThreadPoolExecutor(waiting.AT_ONCE) as aside:
        asked = [aside.submit(program.fetch, token, feed=FEED, cursor=end, wait="30") for _ in range(waiting.AT_ONCE)]
        until(lambda: waiting.waits(program.client_id) == waiting.AT_ONCE)
        assert program.fetch(token, feed=FEED, cursor=end, wait="30").status_code == 429
        revoke(house, program)
        customer(house, "Eve")
        assert {one.result().status_code for one in asked} == {401}
