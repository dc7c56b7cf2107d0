"""A feed lies as files in a bucket: whole, in order, with a manifest behind them, or not at all."""

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient
from msgspec import Struct
from msgspec.structs import replace
from pyarrow import parquet
from sqlalchemy import select

from infra.embedded.postgres import Postgres
from infra.embedded.s3 import S3
from services.api.oauth import addresses
from tenants import outside, settings
from tenants.acting import client as acting_client
from tenants.consents import objecting
from tenants.database import walled_session
from tenants.deliveries import changing_forms, delivering, ordering, refusals, targets
from tenants.deliveries.changing_forms import TakeForm, TellReadersOfForm
from tenants.deliveries.delivering import Plan
from tenants.deliveries.formats import Format
from tenants.deliveries.model import DeliveryState, Every, FeedDelivery, FileTarget, Place
from tenants.deliveries.tables import OURS
from tenants.deliveries.targets import TheirBucket, Wanted
from tenants.errors import Forbidden, TooLong
from tenants.feeds import following, scopes
from tenants.feeds.noticing import Told
from tenants.jobs.model import QueuedJob
from tenants.outside import Unreached
from tenants.reminding import agenda
from tenants.vault import objects
from tests.queue import bring_due, run_jobs
from tests.receivers import Receiver, Says, receiving
from tests.services.oauth import wires
from tests.services.oauth.wires import Program
from tests.tenants.feeds import scene as feeds_scene
from tests.tenants.feeds.follower import CARE
from tests.tenants.feeds.scene import Scene as Feeds
from tests.tenants.feeds.writing import customer, rewrite
from tests.tenants.notifying.telling import erase, follow, made
from tests.tenants.webhooks.scene import Scene as Webhooks

BY_HAND = Wanted(Every.BY_HAND)


class Files(Struct, frozen=True):
    """A feed of Alfa's customers that is delivered to Pilvi as files."""

    feeds: Feeds
    feed_id: UUID

    def set(self, wanted: Wanted, *, at_once: str = "") -> None:
        with walled_session(self.feeds.house.approver.acting(self.feeds.house.alfa)) as session:
            targets.set_target(session, self.feed_id, wanted, at_once=at_once)

    def order(self, *, anew: bool = False) -> UUID:
        with walled_session(self.feeds.house.approver.acting(self.feeds.house.alfa)) as session:
            return ordering.deliver_now(session, self.feed_id, anew=anew)

    def deliver(self, *, anew: bool = False) -> FeedDelivery:
        delivery_id = self.order(anew=anew)
        self.work()
        return self.row(delivery_id)

    def work(self) -> None:
        run_jobs(self.feeds.house.group, only="deliveries.")

    def try_again(self) -> None:
        bring_due(self.feeds.house.group, "deliveries.deliver")
        self.work()

    def row(self, delivery_id: UUID) -> FeedDelivery:
        with walled_session(self.feeds.house.alfa.system()) as session:
            return session.scalars(select(FeedDelivery).where(FeedDelivery.delivery_id == delivery_id)).one()

    def plan(self, delivery_id: UUID) -> Plan:
        with walled_session(self.feeds.house.alfa.system()) as session:
            plan = delivering.prepare(session, delivery_id)
        assert plan
        return plan


@pytest.fixture
def files(database: Postgres, storage: S3) -> Files:
    objects.ensure_bucket()
    feeds = feeds_scene.scene()
    made = Files(feeds, feeds.approved())
    made.set(BY_HAND)
    return made


@pytest.fixture(scope="module")
def receivers() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def receiver(receivers: Receiver) -> Receiver:
    receivers.asked.clear()
    receivers.answers = lambda asked: Says(200)
    return receivers


def prefix_of(row: FeedDelivery) -> str:
    return f"{row.group_id}/feeds/{row.processor_id}/{row.delivery_id}/"


def lying(row: FeedDelivery) -> list[str]:
    return sorted(key.removeprefix(prefix_of(row)) for key in objects.keys(prefix_of(row)))


def read(row: FeedDelivery, name: str) -> bytes:
    return b"".join(objects.get(prefix_of(row) + name))


def manifest(row: FeedDelivery) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(read(row, "manifest.json"))
    return told


def lines(row: FeedDelivery) -> list[dict[str, Any]]:
    """What whoever trusts the manifest reads."""
    found = []
    for file in manifest(row)["files"]:
        body = read(row, file["name"])
        assert (hashlib.sha256(body).hexdigest(), len(body)) == (file["sha256"], file["bytes"])
        text = gzip.decompress(body) if row.gzip else body
        assert text.count(b"\n") == file["rows"]
        found += [json.loads(line) for line in text.splitlines()]
    return found


def elsewhere(origin: str, **other: str) -> Wanted:
    given = {"region": "eu-north-1", "bucket": "pilven-kori", "access_key": "PILVI", "secret_key": "salaisuus"}
    return Wanted(Every.BY_HAND, bucket=TheirBucket(origin, **(given | other)))


def test_first_everything_then_what_changed_with_a_tombstone(files: Files) -> None:
    ada, _, cleo = [customer(files.feeds, name) for name in ("Ada", "Bo", "Cleo")]
    first = files.deliver()
    assert (first.state, first.snapshot) == (DeliveryState.READY, True)
    assert {line["data"]["name"] for line in lines(first)} == {"Ada", "Bo", "Cleo"}
    with walled_session(files.feeds.house.alfa.system()) as session:
        objecting.object_to(session, ada, CARE)
    rewrite(files.feeds, cleo, name="Clea")
    second = files.deliver()
    gone, changed = lines(second)
    assert (gone["op"], gone["person_id"], gone["reason"]) == ("tombstone", str(ada), "objected")
    assert (changed["op"], changed["data"]["name"]) == ("upsert", "Clea")
    told = manifest(second)
    assert (told["kind"], told["previous_id"]) == ("increment", str(first.delivery_id))
    assert (told["cursor_from"], told["rows"], told["tombstones"]) == (first.cursor, 2, 1)
    assert (told["agreement_version"], told["scope_version"], told["epoch"]) == (1, 1, 1)
    pages = following.pages(acting_client(first.group_id, first.agreement_id), told["feed"], told["cursor_to"])
    assert [page.text for page in pages] == [b""], "a pull goes on where the files end"


def rows_of(row: FeedDelivery) -> list[dict[str, Any]]:
    """Of tables, with what is empty left out."""
    found: list[dict[str, Any]] = []
    for file in manifest(row)["files"]:
        body = read(row, file["name"])
        assert (hashlib.sha256(body).hexdigest(), len(body)) == (file["sha256"], file["bytes"])
        if row.format is Format.PARQUET:
            rows = parquet.read_table(io.BytesIO(body)).to_pylist()
        else:
            rows = list(csv.DictReader(io.StringIO(gzip.decompress(body).decode(), newline="")))
        assert len(rows) == file["rows"]
        found += rows
    return [{name: value for name, value in one.items() if value} for one in found]


@pytest.mark.parametrize(("form", "suffix"), [(Format.CSV, "csv.gz"), (Format.PARQUET, "parquet")])
def test_files_are_tables_where_it_is_said_so(files: Files, form: Format, suffix: str) -> None:
    files.set(Wanted(Every.BY_HAND, format=form))
    names = customers(files, 3)
    delivery_id = files.order()
    slowly(files, delivery_id, Bucket())
    files.work()
    first = files.row(delivery_id)
    told = manifest(first)
    assert [one["name"] for one in told["files"]] == [f"part-00001.{suffix}", f"part-00002.{suffix}"]
    assert (told["format"], told["compression"]) == (form, "gzip" if form is Format.CSV else None)
    assert list(told["schema"]["properties"]) == [*OURS, "name", "segment"]
    read_first = rows_of(first)
    assert sorted(one["name"] for one in read_first) == names
    with walled_session(files.feeds.house.alfa.system()) as session:
        objecting.object_to(session, UUID(read_first[0]["_person_id"]), CARE)
    [gone] = rows_of(files.deliver())
    assert gone == {
        "_op": "tombstone",
        "_record_id": read_first[0]["_record_id"],
        "_person_id": read_first[0]["_person_id"],
        "_reason": "objected",
    }


def test_where_nothing_has_changed_a_manifest_without_files_says_so(files: Files) -> None:
    customer(files.feeds, "Ada")
    files.deliver()
    nothing = files.deliver()
    assert lying(nothing) == ["manifest.json"]
    assert (manifest(nothing)["files"], nothing.state) == ([], DeliveryState.READY)


class Bucket:
    """Ours, which may break off or do something before it takes the file with a number, counted from one."""

    def __init__(self, before: int = 0, do: Callable[[], object] = lambda: None) -> None:
        self.before, self.do, self.count = before, do, 0

    def put(self, key: str, body: bytes) -> None:
        self.count += 1
        if self.count == self.before:
            self.do()
        objects.put(key, [body])


class WorkerKilled(BaseException):
    pass


def kill() -> None:
    raise WorkerKilled


def slowly(files: Files, delivery_id: UUID, bucket: Bucket) -> None:
    """A page has two records, and a file one page."""
    delivering.deliver(files.plan(delivery_id), bucket.put, most=2, full=1)


def customers(files: Files, count: int = 7) -> list[str]:
    names = [f"Asiakas {number}" for number in range(count)]
    for name in names:
        customer(files.feeds, name)
    return names


def test_plain_files_are_in_order_and_together_hold_everything(files: Files) -> None:
    files.set(Wanted(Every.BY_HAND, gzip=False))
    names, delivery_id = customers(files), files.order()
    slowly(files, delivery_id, Bucket())
    files.work()
    row = files.row(delivery_id)
    assert [one.name for one in row.files] == [f"part-{number:05}.ndjson" for number in (1, 2, 3, 4)]
    assert sorted(line["data"]["name"] for line in lines(row)) == names


@pytest.mark.parametrize("before", [1, 3, 5], ids=["first-file", "between-files", "manifest"])
def test_a_worker_that_is_killed_leaves_no_manifest_and_the_next_one_goes_on(files: Files, before: int) -> None:
    names, delivery_id = customers(files), files.order()
    with pytest.raises(WorkerKilled):
        slowly(files, delivery_id, Bucket(before, kill))
    broken = files.row(delivery_id)
    assert broken.state is DeliveryState.RUNNING
    assert lying(broken) == [f"part-{number:05}.ndjson.gz" for number in range(1, before)]
    customer(files.feeds, "Myöhempi")
    files.work()
    row = files.row(delivery_id)
    assert row.state is DeliveryState.READY
    assert {line["data"]["name"] for line in lines(row)} >= set(names)
    assert {line["data"]["name"] for one in (row, files.deliver()) for line in lines(one)} == {*names, "Myöhempi"}


def test_a_manifest_that_was_written_is_written_again_as_it_was(files: Files) -> None:
    customers(files, 2)
    delivery_id = files.order()
    slowly(files, delivery_id, Bucket())
    before = read(files.row(delivery_id), "manifest.json")
    customer(files.feeds, "Myöhempi")
    files.work()
    assert read(files.row(delivery_id), "manifest.json") == before


def stop_feed(files: Files) -> None:
    with walled_session(files.feeds.house.drafter.acting(files.feeds.house.alfa)) as session:
        scopes.stop(session, files.feed_id, reason="Epäilty tietovuoto")


def stop_company(files: Files) -> None:
    files.feeds.house.stop()


def disable(files: Files) -> None:
    with walled_session(files.feeds.house.approver.acting(files.feeds.house.alfa)) as session:
        targets.disable(session, files.feed_id)


@pytest.mark.parametrize("stop", [stop_feed, stop_company, disable], ids=["feed", "company", "delivery"])
@pytest.mark.parametrize("before", [2, 4], ids=["midway", "last-file"])
def test_what_is_stopped_midway_ends_without_a_manifest_and_leaves_nothing(
    files: Files, stop: Callable[[Files], None], before: int
) -> None:
    customers(files)
    delivery_id = files.order()
    with pytest.raises((Forbidden, refusals.FilesDisabled)):
        slowly(files, delivery_id, Bucket(before, lambda: stop(files)))
    files.work()
    row = files.row(delivery_id)
    assert (row.state, row.cursor) == (DeliveryState.STOPPED, None)
    assert lying(row) == []


def test_a_new_epoch_begins_with_everything(files: Files) -> None:
    customers(files, 2)
    files.deliver()
    files.feeds.change(files.feed_id, fields=("name", "segment", "customer_number"))
    files.feeds.approve(files.feed_id)
    anew = files.deliver()
    told = manifest(anew)
    assert (told["kind"], told["previous_id"], told["epoch"], told["scope_version"]) == ("snapshot", None, 2, 2)
    assert len(lines(anew)) == 2


def test_files_are_removed_after_their_days_and_what_nobody_fetched_is_told_anew(files: Files) -> None:
    customers(files, 2)
    first = files.deliver()
    assert bring_due(files.feeds.house.group, "deliveries.remove") == 1
    files.work()
    assert lying(first) == []
    assert files.row(first.delivery_id).removed_at is not None
    assert files.deliver().snapshot


def test_files_that_hold_somebody_erased_go_at_once_and_are_delivered_without_them(files: Files) -> None:
    ada, _ = [customer(files.feeds, name) for name in ("Ada", "Bo")]
    first = files.deliver()
    dan = customer(files.feeds, "Dan")
    second = files.deliver()
    erase(files.feeds, ada)
    run_jobs(files.feeds.house.group, only="registers.tell_recipients")
    files.work()
    assert lying(first) == []
    assert lying(second) != [], "it does not hold Ada"
    with walled_session(files.feeds.house.alfa.system()) as session:
        anew = session.scalars(select(FeedDelivery).order_by(FeedDelivery.delivery_id.desc()).limit(1)).one()
    assert (anew.state, anew.snapshot) == (DeliveryState.READY, True)
    assert {line["data"]["name"] for line in lines(anew)} == {"Bo", "Dan"}
    erase(files.feeds, dan)
    assert {line["op"] for line in lines(files.deliver())} >= {"tombstone"}


def test_a_delivery_on_its_way_that_holds_somebody_erased_is_begun_anew(files: Files) -> None:
    ada, *_ = [customer(files.feeds, name) for name in ("Ada", "Bo", "Cleo")]
    delivery_id = files.order()
    with pytest.raises(WorkerKilled):
        slowly(files, delivery_id, Bucket(2, kill))
    erase(files.feeds, ada)
    run_jobs(files.feeds.house.group, only="registers.tell_recipients")
    files.work()
    row = files.row(delivery_id)
    assert (row.state, lying(row)) == (DeliveryState.STOPPED, [])
    assert {line["data"]["name"] for line in lines(files.deliver(anew=True))} == {"Bo", "Cleo"}


def test_what_was_given_up_is_on_the_agenda_until_something_gets_through(files: Files, receiver: Receiver) -> None:
    customers(files, 1)
    receiver.answers = lambda asked: Says(403)
    files.set(elsewhere(receiver.origin))
    files.deliver()
    first = failed_files(files)
    files.deliver()
    assert failed_files(files) == first
    assert [one.about for one in first] == [files.feed_id]
    receiver.answers = lambda asked: Says(200)
    files.deliver()
    assert failed_files(files) == []


def failed_files(files: Files) -> list[agenda.Item]:
    with walled_session(files.feeds.house.alfa.system()) as session:
        return agenda.failed_files(session)


def test_a_delivery_begins_at_its_hour_once_and_a_missed_one_is_made_up_for(files: Files) -> None:
    files.set(Wanted(Every.WEEK, hour=5, weekday=2))
    wednesday = datetime.now(UTC).replace(hour=12) + timedelta(days=14)
    while wednesday.weekday() != 2:
        wednesday += timedelta(days=1)
    with walled_session(files.feeds.house.alfa.system()) as session:
        target = targets.of_feed(session, files.feed_id)
        assert target
        moments = {ordering.last_moment(target, wednesday + timedelta(days=days)).date() for days in range(7)}
        assert moments == {wednesday.date()}
        assert ordering.begin_due(session) == 0, "its first hour is still to come"
        assert ordering.begin_due(session, wednesday + timedelta(days=3)) == 1
        assert ordering.begin_due(session, wednesday + timedelta(days=10)) == 0, "one is on its way"
    files.work()
    disable(files)
    with pytest.raises(refusals.FilesDisabled):
        files.order()


def test_one_delivery_at_a_time(files: Files) -> None:
    files.order()
    with pytest.raises(refusals.StillDelivering):
        files.order()


def test_files_go_into_the_recipients_own_bucket(files: Files) -> None:
    names = customers(files, 3)
    now = settings.current()
    objects.client().create_bucket(Bucket="pilven-kori")
    files.set(
        elsewhere(now.s3_endpoint, access_key=now.s3_access_key, secret_key=now.s3_secret_key, prefix="seloste/alfa")
    )
    row = files.deliver()
    assert (row.state, row.place) == (DeliveryState.READY, Place.THEIRS)
    assert lying(row) == []
    begins = f"seloste/alfa/alfa.{files.feeds.given(files.feed_id).feed.key}/{row.delivery_id}/"
    found = objects.client().list_objects_v2(Bucket="pilven-kori", Prefix=begins)["Contents"]
    assert [one["Key"].removeprefix(begins) for one in found] == ["manifest.json", "part-00001.ndjson.gz"]
    body = objects.client().get_object(Bucket="pilven-kori", Key=found[1]["Key"])["Body"].read()
    assert [json.loads(line)["data"]["name"] for line in gzip.decompress(body).splitlines()] == names


def test_a_wrong_secret_ends_the_delivery_at_once(files: Files) -> None:
    customers(files, 2)
    now = settings.current()
    files.set(elsewhere(now.s3_endpoint, access_key=now.s3_access_key, secret_key="vaara-avain"))
    row = files.deliver()
    assert (row.state, row.status, row.cursor) == (DeliveryState.FAILED, 403, None)


def test_a_bucket_that_leads_elsewhere_is_not_followed(files: Files, receiver: Receiver) -> None:
    customers(files, 2)
    receiver.answers = lambda asked: Says(307, {"Location": "http://169.254.169.254/latest/meta-data"})
    files.set(elsewhere(receiver.origin))
    row = files.deliver()
    assert (row.state, row.reason, row.status) == (DeliveryState.FAILED, Unreached.REDIRECT, 307)
    assert len(receiver.asked) == 1


def test_a_bucket_that_fails_is_tried_again_and_given_up_in_the_end(files: Files, receiver: Receiver) -> None:
    customers(files, 2)
    receiver.answers = lambda asked: Says(500)
    files.set(elsewhere(receiver.origin))
    row = files.deliver()
    assert (row.state, row.status, row.tries) == (DeliveryState.RUNNING, 500, 1)
    receiver.answers = lambda asked: Says(200)
    files.try_again()
    assert files.row(row.delivery_id).state is DeliveryState.READY
    receiver.answers = lambda asked: Says(503)
    other = files.order()
    for _ in delivering.PATIENCE:
        files.try_again()
    assert files.row(other).state is DeliveryState.FAILED
    assert {urlsplit(asked.path).path.split("/")[1] for asked in receiver.asked} == {"pilven-kori"}


def test_a_private_address_is_refused_where_it_is_given_and_where_it_is_called(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    for origin, refusal in (
        ("https://169.254.169.254", outside.NotPublic),
        ("https://10.1.2.3", outside.NotPublic),
        ("http://s3.example", outside.NotHttps),
    ):
        with pytest.raises(refusal) as refused:
            files.set(elsewhere(origin))
        assert refused.value.field == "endpoint"
    customers(files, 1)
    files.set(elsewhere("https://localhost:8443"))
    monkeypatch.setenv("SELOSTE_OUTGOING_LOOPBACK", "false")
    settings.current.cache_clear()
    try:
        row = files.deliver()
    finally:
        monkeypatch.undo()
        settings.current.cache_clear()
    assert (row.state, row.reason) == (DeliveryState.FAILED, Unreached.REFUSED_ADDRESS)


def test_a_kept_secret_is_not_sent_to_another_address(files: Files, receiver: Receiver) -> None:
    files.set(elsewhere(receiver.origin))
    files.set(elsewhere(receiver.origin, secret_key="", prefix="uusi"))
    with pytest.raises(refusals.SecretKeyMissing):
        files.set(elsewhere("https://toinen.example", secret_key=""))


class House(Struct, frozen=True):
    files: Files
    program: Program
    token: str

    def get(self, path: str, token: str = "") -> httpx.Response:
        url = addresses.FEEDS + path
        asked_for = url.split("?")[0]
        token = token or self.token
        proof = self.program.proof(addresses.external(asked_for), "GET", ath=wires.ath(token))
        return self.program.client.get(url, headers={"Authorization": f"DPoP {token}", "DPoP": proof})


@pytest.fixture
def house(client: TestClient[Litestar], files: Files) -> House:
    program = wires.program(client, files.feeds.house)
    return House(files, program, program.token())


def test_the_recipient_is_told_and_fetches_the_files(house: House, receiver: Receiver) -> None:
    webhooks = Webhooks(house.files.feeds)
    webhooks.register(f"{receiver.origin}/koukut", events=("files.ready",))
    names = customers(house.files, 3)
    row = house.files.deliver()
    webhooks.send()
    (heard,) = [json.loads(asked.body) for asked in receiver.asked]
    assert heard["data"] == {"feed_id": str(row.feed_id), "delivery_id": str(row.delivery_id)}
    (listed,) = house.get("/deliveries").json()
    assert (listed["delivery_id"], listed["snapshot"], listed["rows"]) == (str(row.delivery_id), True, 3)
    told = house.get(f"/deliveries/{row.delivery_id}").json()
    assert httpx.get(told["manifest_url"]).json()["delivery_id"] == str(row.delivery_id)
    (file,) = told["files"]
    body = httpx.get(file["url"]).content
    assert hashlib.sha256(body).hexdigest() == file["sha256"]
    assert [json.loads(line)["data"]["name"] for line in gzip.decompress(body).splitlines()] == names
    assert httpx.get(file["url"].split("?")[0]).status_code in (400, 401, 403)
    assert house.files.row(row.delivery_id).fetched_at is not None


def test_whoever_goes_on_behind_a_delivery_that_it_fetched_was_told_of_whom_it_holds(house: House) -> None:
    feeds = house.files.feeds
    ada = customer(feeds, "Ada")
    house.files.deliver()
    erase(feeds, ada)
    follow(feeds)
    row = house.files.deliver()
    house.get(f"/deliveries?after={row.delivery_id}")
    assert [one.delivered_at for one in made(feeds)] == [None], "it has fetched nothing"
    house.get(f"/deliveries/{row.delivery_id}")
    assert house.get(f"/deliveries?after={row.delivery_id}").json() == []
    (told,) = made(feeds)
    assert told.delivered_at is not None
    assert told.confirmed_at is None


def test_whoever_is_of_another_agreement_finds_no_delivery(house: House, client: TestClient[Litestar]) -> None:
    customers(house.files, 1)
    row = house.files.deliver()
    other = feeds_scene.scene()
    other.approved()
    program = wires.program(client, other.house)
    stranger = House(house.files, program, program.token())
    assert stranger.get("/deliveries").json() == []
    assert stranger.get(f"/deliveries/{row.delivery_id}").status_code == 404


def test_a_token_of_another_feed_of_the_same_agreement_finds_no_delivery(house: House) -> None:
    customers(house.files, 1)
    row = house.files.deliver()
    house.files.feeds.approved("toinen")
    narrow = str(house.program.bound(scope="feed:alfa.toinen").json()["access_token"])
    assert house.get("/deliveries", narrow).json() == []
    assert house.get(f"/deliveries/{row.delivery_id}", narrow).status_code == 404


def test_files_of_a_feed_that_was_stopped_since_are_given_to_nobody(house: House) -> None:
    customers(house.files, 1)
    row = house.files.deliver()
    stop_feed(house.files)
    assert house.get(f"/deliveries/{row.delivery_id}").status_code == 404


def test_a_delivery_that_is_not_ready_or_not_here_is_not_given(house: House, receiver: Receiver) -> None:
    customers(house.files, 1)
    running = house.files.order()
    assert house.get(f"/deliveries/{running}").status_code == 404
    house.files.work()
    bring_due(house.files.feeds.house.group, "deliveries.remove")
    house.files.work()
    assert house.get(f"/deliveries/{running}").status_code == 409


def told_of_form(files: Files) -> list[str]:
    with walled_session(files.feeds.house.group.system()) as session:
        jobs = session.scalars(select(QueuedJob).where(QueuedJob.name == TellReadersOfForm.name))
        found = [one for one in jobs if one.arguments["feed_id"] == str(files.feed_id)]
        return [str(one.arguments["what"]) for one in sorted(found, key=lambda one: one.job_id)]


def target(files: Files) -> FileTarget:
    with walled_session(files.feeds.house.alfa.system()) as session:
        found = targets.of_feed(session, files.feed_id)
    assert found
    return found


TABLES = Wanted(Every.BY_HAND, format=Format.CSV)


def test_another_form_is_announced_once_files_were_read_and_comes_after_ninety_days(files: Files) -> None:
    customer(files.feeds, "Ada")
    files.set(Wanted(Every.BY_HAND, gzip=False))
    files.set(BY_HAND)
    assert (target(files).coming, told_of_form(files)) == (None, []), "nobody has read any yet"
    assert manifest(files.deliver())["next_format"] is None
    files.set(TABLES)
    coming = target(files).coming
    assert coming is not None
    assert timedelta(days=89, hours=23) < coming.takes_effect_at - datetime.now(UTC) <= timedelta(days=90)
    files.set(TABLES)
    assert (target(files).coming, told_of_form(files)) == (coming, [Told.ANNOUNCED])
    told = manifest(files.deliver())
    assert (told["format"], told["next_format"]["format"], told["next_format"]["compression"]) == (
        "ndjson",
        "csv",
        "gzip",
    )
    assert datetime.fromisoformat(told["next_format"]["takes_effect_at"]) == coming.takes_effect_at
    bring_due(files.feeds.house.group, TakeForm.name)
    files.work()
    assert target(files).format is Format.NDJSON, "its time has not come"
    time_has_come(files)
    assert (target(files).format, target(files).coming) == (Format.CSV, None)
    assert told_of_form(files) == [Told.ANNOUNCED, Told.CHANGED]
    assert manifest(files.deliver())["format"] == "csv"


def time_has_come(files: Files) -> None:
    with walled_session(files.feeds.house.alfa.system()) as session:
        found = targets.of_feed(session, files.feed_id)
        assert found is not None
        assert found.coming is not None
        found.coming = replace(found.coming, takes_effect_at=datetime.now(UTC) - timedelta(minutes=1))
    with walled_session(files.feeds.house.alfa.system()) as session:
        changing_forms.take_effect(session, files.feed_id)


def test_what_was_announced_is_called_off_by_the_form_in_use(files: Files) -> None:
    files.deliver()
    files.set(TABLES)
    files.set(BY_HAND)
    assert target(files).coming is None
    assert told_of_form(files) == [Told.ANNOUNCED, Told.WITHDRAWN]


def test_a_form_that_cannot_wait_comes_at_once_with_its_reason(files: Files) -> None:
    files.deliver()
    with pytest.raises(TooLong):
        files.set(TABLES, at_once="x" * 1_001)
    files.set(TABLES, at_once=" Vastaanottaja pyysi. ")
    found = target(files)
    assert (found.format, found.coming, found.at_once_because) == (Format.CSV, None, "Vastaanottaja pyysi.")
    assert told_of_form(files) == [Told.CHANGED]
