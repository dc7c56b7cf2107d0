"""Feeds that a file declares arrive as drafts under their agreement, and what the office did with them is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import func, update

from tenants.acting import Acting, PurposeKind, system
from tenants.database import open_session, walled_session
from tenants.deliveries import ordering, targets
from tenants.deliveries.formats import Format
from tenants.deliveries.model import Every, FileTarget
from tenants.deliveries.targets import TheirBucket, Wanted
from tenants.feeds import checking, compiling, reading, scopes
from tenants.feeds.model import Feed
from tenants.feeds.reading import Given
from tenants.feeds.refusals import CreditByEventOnly, KnownFeed, NotSealed
from tenants.feeds.terms import Terms, terms_of
from tenants.ledger.scopes import open_scope
from tenants.manifests import applying, catalogued, declared_feeds, faults, parts, versions
from tenants.manifests import reading as files
from tenants.manifests.applying import Outcome
from tenants.manifests.exporting import to_yaml
from tenants.manifests.faults import Fault, FaultyManifest
from tenants.manifests.model import DeclaredFiles
from tenants.manifests.parts import Parts
from tenants.manifests.planning import ChangeKind
from tenants.manifests.reading import ReadManifest
from tenants.sharing.conditions import All, Condition, Consented, FieldIs, HasRecord, NotObjected
from tenants.sharing.conditions import Any as AnyOf
from tests.tenants.manifests import samples, test_processors
from tests.tenants.manifests.samples import FILE
from tests.tenants.manifests.test_processors import CATALOGUE, Edit, group_id, hosting, of_company

FEEDS = """\
          answered_on: 2025-12-01
        feeds:
          - key: asiakkaat
            name: { fi: Asiakkaat, sv: Kunder, en: Customers }
            register: customers
            purpose: care
            fields: [customer_number, email]
            condition:
              joined: any
              parts:
                - { has_record: credit, field: contract_number, values: [K-1, K-2] }
                - consented: customer_care
            legal_basis: contract
            valid_from: 2026-01-01
            valid_until: 2099-12-31
          - key: luotto
            name: { fi: Luotto, sv: Kredit, en: Credit }
            register: credit
            purpose: credit
            fields: [contract_number]
            sealed_fields: [hetu]
            event: { register: credit, days: 90 }
            legal_basis: legitimate_interest
            balancing: Etu, tarpeellisuus ja tasapaino
            valid_from: 2026-01-01
"""
GIVEN = ("          answered_on: 2025-12-01\n", FEEDS)
FEWER = ("fields: [customer_number, email]", "fields: [customer_number]")
OF_CUSTOMERS = "register: customers\n            purpose: care"
NESTED = "- { parts: [{ consented: credit }, { not_objected: credit }] }"
LAST_DAY = "valid_until: 2099-12-31\n          - key: luotto"
PART = "- { has_record: credit, field: contract_number, values: [K-1, K-2] }"

# Of the customers' feed.
OURS = "            files: { every: week, hour: 4, weekday: 6, format: parquet }\n"
THEIRS = """\
            files:
              every: day
              format: csv
              bucket: { endpoint: https://s3.example, region: eu-north-1, bucket: pilven-kori, prefix: seloste }
"""


def delivered(files: str) -> Edit:
    """The customers' feed, as files."""
    end = "            valid_until: 2099-12-31\n"
    return f"{end}          - key: luotto", f"{end}{files}          - key: luotto"


WRONG: list[tuple[Edit, type[Fault], str]] = [
    (("- key: luotto", "- key: asiakkaat"), faults.KeyUsedTwice, "feeds.asiakkaat.key"),
    (
        (OF_CUSTOMERS, OF_CUSTOMERS.replace("customers", "deals")),
        faults.NoSuchKey,
        "register",
    ),
    (("purpose: care", "purpose: sales"), faults.NoSuchKey, "feeds.asiakkaat.purpose"),
    (("purpose: care", "purpose: letters"), faults.CoversNoSuchPurpose, "feeds.asiakkaat.purpose"),
    (("fields: [customer_number, email]", "fields: [shoe_size]"), faults.NoSuchKey, "asiakkaat.fields[0]"),
    (("sealed_fields: [hetu]", "sealed_fields: [iban]"), faults.NoSuchKey, "luotto.sealed_fields[0]"),
    (("fields: [customer_number, email]", "fields: [email, email]"), faults.SameTwice, "asiakkaat.fields"),
    ((PART, "- { has_record: deals, field: state, values: [x] }"), faults.NoSuchKey, "condition.parts[0].has_record"),
    ((PART, "- { has_record: credit, field: state, values: [x] }"), faults.NoSuchKey, "condition.parts[0].field"),
    ((PART, "- { field: email }"), faults.PartSaysNotOne, "condition.parts[0]"),
    ((PART, "- { has_record: credit }"), faults.PartSaysNotOne, "condition.parts[0]"),
    ((PART, "- { field: email, values: [x], consented: credit }"), faults.PartSaysNotOne, "condition.parts[0]"),
    ((PART, "- { field: email, values: [[x]] }"), faults.NotAValue, "condition.parts[0].values[0]"),
    ((PART, "- { consented: gossip }"), faults.NotOneOf, "condition.parts[0].consented"),
    (("event: { register: credit", "event: { register: deals"), faults.NoSuchKey, "luotto.event.register"),
    (("days: 90", "days: 0"), faults.TooSmall, "luotto.event.days"),
    ((LAST_DAY, LAST_DAY.replace("2099", "2025")), faults.LastDayBeforeFirst, "feeds.asiakkaat.valid_until"),
    (("legal_basis: contract\n", "legal_basis: habit\n"), faults.NotOneOf, "feeds.asiakkaat.legal_basis"),
    (("consented: customer_care", "consentd: customer_care"), faults.MistypedField, "condition.parts[1].consentd"),
    (delivered(OURS.replace("parquet", "xlsx")), faults.NotOneOf, "asiakkaat.files.format"),
    (delivered(OURS.replace("week,", "month,")), faults.NotOneOf, "asiakkaat.files.every"),
    (delivered(OURS.replace("hour: 4", "hour: 24")), faults.TooGreat, "asiakkaat.files.hour"),
    (delivered(THEIRS.replace("prefix: seloste", "secret_key: x")), faults.UnknownField, "files.bucket.secret_key"),
    (("days: 90 }\n", f"days: 90 }}\n{OURS}"), faults.NeverAsFiles, "luotto.files"),
]

CONDITIONS: list[tuple[str, Condition]] = [
    (
        "- { has_record: credit, field: contract_number, values: [K-1] }",
        HasRecord("credit", "contract_number", ("K-1",)),
    ),
    ("- { field: email, values: [x, 5, true] }", FieldIs("email", ("x", 5, True))),
    ("- not_objected: marketing", NotObjected(PurposeKind.MARKETING)),
    (
        f"{NESTED}\n{16 * ' '}- consented: credit",
        AnyOf((All((Consented(PurposeKind.CREDIT), NotObjected(PurposeKind.CREDIT))), Consented(PurposeKind.CREDIT))),
    ),
]


@pytest.mark.parametrize(("edit", "kind", "place"), WRONG, ids=[f"{one[2]}-{at}" for at, one in enumerate(WRONG)])
def test_what_is_wrong_with_a_feed_is_told_at_its_place(edit: Edit, kind: type[Fault], place: str) -> None:
    with pytest.raises(FaultyManifest) as refusal:
        read("esimerkki", edit)
    found = refusal.value.faults
    assert kind in {type(one) for one in found}
    assert [one for one in found if type(one) is kind and (one.field or "").endswith(place)]


def test_a_company_gives_and_asks_about_no_register_of_a_sister() -> None:
    with pytest.raises(FaultyManifest) as refusal:
        samples.read(
            "esimerkki",
            CATALOGUE[0],
            ("    archive_days: 14\n", CATALOGUE[1][1].replace("    approval: automatic\n", "    archive_days: 14\n")),
            GIVEN,
        )
    found = {((one.field or "").rpartition("feeds.")[2], type(one)) for one in refusal.value.faults}
    assert found == {
        ("asiakkaat.condition.parts[0].has_record", faults.GivesNoSuchRegister),
        ("luotto.register", faults.GivesNoSuchRegister),
        ("luotto.event.register", faults.GivesNoSuchRegister),
    }


def test_a_feed_reads_back_as_it_was_written() -> None:
    declared = read("esimerkki").manifest
    assert [one.key for one in declared.companies[0].agreements[0].feeds] == ["asiakkaat", "luotto"]
    assert files.read(to_yaml(declared).encode(), file=FILE).manifest == declared


def test_what_a_register_loses_its_feeds_declare_no_longer() -> None:
    manifest = read("esimerkki").manifest
    customers = parts.taken(manifest, "customers")
    assert customers.register is not None
    fewer = replace(customers.register, fields=customers.register.fields[:1])
    company, *_ = parts.put(manifest, "alfa", "customers", replace(customers, register=fewer)).companies
    assert [one.fields for one in company.agreements[0].feeds] == [("customer_number",), ("contract_number",)]


def test_what_asks_about_a_register_that_is_kept_no_longer_is_declared_no_longer() -> None:
    manifest = read("esimerkki").manifest
    company, *_ = parts.put(manifest, "alfa", "credit", Parts()).companies
    assert company.agreements[0].feeds == ()


@pytest.mark.usefixtures("database")
class TestInTheDatabase:
    def test_what_is_declared_is_there_as_a_draft_and_twice_changes_nothing(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        customers, credit = given(slug, "asiakkaat"), given(slug, "luotto")
        assert {one.newest.approved_at for one in (customers, credit)} == {None}
        assert customers.feed.agreement_id == hosting(slug).agreement.agreement_id
        terms = terms_of(credit.newest)
        assert (terms.bound_to_event, terms.event_register_id, terms.event_days) == (True, terms.register_id, 90)
        assert (terms.sealed_fields, terms.balancing) == (("hetu",), "Etu, tarpeellisuus ja tasapaino")
        assert isinstance(terms_of(customers.newest).condition, AnyOf)
        assert not apply(slug).changed

    @pytest.mark.parametrize(("said", "kept"), CONDITIONS, ids=["record", "field", "objection", "nested"])
    def test_a_condition_goes_both_ways(self, said: str, kept: Condition) -> None:
        declared = read("esimerkki", (PART, said), ("                - consented: customer_care\n", "")).manifest
        (feed, _) = declared.companies[0].agreements[0].feeds
        assert declared_feeds.kept(feed.condition) == kept
        assert files.read(to_yaml(declared).encode(), file=FILE).manifest == declared

    def test_a_plan_tells_of_a_feed_and_leaves_nothing_behind(self) -> None:
        slug = samples.new_slug()
        test_processors.apply(slug)
        with open_session(hosted(slug)) as session:
            outcome = applying.apply(session, read(slug))
        place = "companies.alfa.agreements.hosting.feeds"
        assert [(one.kind, one.place) for one in outcome.changes] == [
            (ChangeKind.ADDED, f"{place}.asiakkaat"),
            (ChangeKind.ADDED, f"{place}.luotto"),
        ]
        with walled_session(hosted(slug)) as session:
            assert reading.listed(session) == []

    def test_what_the_office_changed_stays_when_the_file_says_nothing_new_of_it(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        redraft(slug, "asiakkaat", condition=Consented(PurposeKind.CREDIT))
        outcome = apply(slug, FEWER)
        terms = terms_of(given(slug, "asiakkaat").newest)
        assert (terms.fields, terms.condition) == (("customer_number",), Consented(PurposeKind.CREDIT))
        assert outcome.rows.changed == 1

    def test_what_both_changed_is_refused_at_its_place(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        redraft(slug, "luotto", event_days=30)
        with pytest.raises(FaultyManifest) as refusal:
            apply(slug, ("days: 90", "days: 60"))
        (fault,) = refusal.value.faults
        assert (type(fault), fault.values["now"]) == (faults.ChangedInTheOffice, "30")
        assert (fault.field or "").endswith("feeds.luotto.event.days")

    def test_what_is_approved_holds_until_the_next_draft_is(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        approve(slug, "asiakkaat")
        apply(slug, FEWER)
        found = given(slug, "asiakkaat")
        assert [one.approved_at is None for one in found.versions] == [True, False]
        assert found.shown.fields == ["customer_number", "email"]
        assert not apply(slug, FEWER).changed

    def test_no_file_brings_back_what_the_company_ended_nor_ends_what_goes_on(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        test_processors.apply(slug)
        assert given(slug, "asiakkaat").feed.ended_at is None
        with walled_session(of_company(hosting(slug))) as session:
            session.execute(update(Feed).values(ended_at=func.now()))
        apply(slug)
        with pytest.raises(FaultyManifest) as refusal:
            apply(slug, FEWER)
        assert [type(one) for one in refusal.value.faults] == [faults.FeedEnded]

    @pytest.mark.parametrize(
        ("edit", "kind", "place"),
        [
            (("            event: { register: credit, days: 90 }\n", ""), CreditByEventOnly, "luotto.event"),
            ((FEWER[0], f"{FEWER[1]}\n            sealed_fields: [email]"), NotSealed, "asiakkaat.sealed_fields"),
        ],
        ids=["credit in bulk", "not sealed"],
    )
    def test_what_no_draft_says_no_file_says(self, edit: Edit, kind: type[Exception], place: str) -> None:
        slug = samples.new_slug()
        with pytest.raises(FaultyManifest) as refusal:
            apply(slug, edit)
        told = [one for one in refusal.value.faults if isinstance(one, faults.NotForThisFeed)]
        assert [type(one.refusal) for one in told] == [kind]
        assert [one.sentence for one in told] == [one.refusal.sentence for one in told]
        assert (told[0].field or "").endswith(f"feeds.{place}")
        line = text(slug, edit).splitlines()[told[0].line - 1]
        assert place.partition(".")[2] in line or place.partition(".")[0] in line

    def test_a_feed_keeps_its_name_and_its_agreement(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        with pytest.raises(FaultyManifest) as refusal:
            apply(slug, ("fi: Asiakkaat, sv", "fi: Kaikki, sv"))
        assert [type(one) for one in refusal.value.faults] == [faults.FixedOnceDeclared]
        other = CATALOGUE[1][1].partition("    agreements:\n")[2].replace("key: hosting", "key: backups")
        moved = (GIVEN[0], GIVEN[0] + other.removesuffix(GIVEN[0]) + FEEDS)
        with pytest.raises(FaultyManifest) as refused, walled_session(hosted(slug)) as session:
            applying.apply(session, samples.read(slug, *CATALOGUE, moved))
        assert {type(one.refusal) for one in refused.value.faults if isinstance(one, faults.NotForThisFeed)} == {
            KnownFeed
        }

    def test_an_export_says_what_stands(self) -> None:
        slug = samples.new_slug()
        apply(slug)
        redraft(slug, "luotto", event_days=30)
        with walled_session(hosted(slug)) as session:
            said = to_yaml(catalogued.standing(session, versions.in_force(session)))
        exported = files.read(said.encode(), file=FILE)
        event = exported.manifest.companies[0].agreements[0].feeds[1].event
        assert event is not None
        assert event.days == 30
        with walled_session(hosted(slug)) as session:
            outcome = applying.apply(session, exported)
        assert not outcome.rows.touched()
        assert [one.place.rpartition("feeds.")[2] for one in outcome.changes if ".feeds." in one.place] == [
            "luotto.event.days"
        ]

    def test_files_are_declared_without_keys_and_wait_for_them(self) -> None:
        slug = samples.new_slug()
        apply(slug, delivered(THEIRS))
        target = files_of(slug)
        assert target is not None
        assert (target.bucket, target.prefix, target.format, target.hour) == ("pilven-kori", "seloste", Format.CSV, 5)
        assert (target.waits_for_key, target.access_key, target.sealed_secret) == (True, None, None)
        with walled_session(of_company(hosting(slug))) as session:
            assert ordering.begin_due(session, datetime.now(UTC) + timedelta(days=3)) == 0
        assert not apply(slug, delivered(THEIRS)).changed
        give_keys(slug)
        [moved] = apply(slug, delivered(THEIRS.replace("prefix: seloste", "prefix: uusi"))).changes
        assert not moved.waits_for_approval
        target = files_of(slug)
        assert target is not None
        assert (target.prefix, target.access_key, target.waits_for_key) == ("uusi", "PILVI", False)
        apply(slug, delivered(THEIRS.replace("pilven-kori", "toinen-kori").replace("prefix: seloste", "prefix: uusi")))
        target = files_of(slug)
        assert target is not None
        assert (target.access_key, target.waits_for_key) == (None, True), "no key follows a file to another bucket"

    def test_a_key_given_while_a_file_is_read_follows_it_to_no_other_place(self) -> None:
        slug = samples.new_slug()
        apply(slug, delivered(THEIRS))
        elsewhere = TheirBucket("https://toinen.example", "eu-north-1", "pilven-kori")
        with walled_session(hosted(slug)) as session:
            found = given(slug, "asiakkaat")
            before = targets.of_company(session, found.feed.company_id)
            give_keys(slug)
            targets.declare(session, found, Wanted(Every.DAY, bucket=elsewhere))
            assert [*before] == [found.feed.feed_id]
        target = files_of(slug)
        assert target is not None
        assert (target.endpoint, target.access_key, target.waits_for_key) == (elsewhere.endpoint, None, True)

    def test_files_that_are_declared_no_longer_are_delivered_no_longer(self) -> None:
        slug = samples.new_slug()
        apply(slug, delivered(OURS))
        apply(slug)
        target = files_of(slug)
        assert target is not None
        assert target.disabled_at is not None
        apply(slug, delivered(OURS))
        target = files_of(slug)
        assert target is not None
        assert (target.disabled_at, target.weekday, target.format) == (None, 6, Format.PARQUET)

    def test_what_the_office_said_of_files_stays_and_is_exported(self) -> None:
        slug = samples.new_slug()
        apply(slug, delivered(OURS))
        with walled_session(of_company(hosting(slug))) as session:
            found = reading.feed(session, given(slug, "asiakkaat").feed.feed_id)
            targets.declare(session, found, Wanted(Every.DAY, hour=22, format=Format.PARQUET))
        apply(slug, delivered(OURS.replace("hour: 4", "hour: 4, gzip: false")))
        target = files_of(slug)
        assert target is not None
        assert (target.every, target.hour) == (Every.DAY, 22)
        with pytest.raises(FaultyManifest) as refusal:
            apply(slug, delivered(OURS.replace("hour: 4", "hour: 3")))
        (fault,) = refusal.value.faults
        assert (type(fault), fault.values["now"]) == (faults.ChangedInTheOffice, "22")
        assert (fault.field or "").endswith("feeds.asiakkaat.files.hour")
        with walled_session(hosted(slug)) as session:
            said = to_yaml(catalogued.standing(session, versions.in_force(session)))
        exported = files.read(said.encode(), file=FILE)
        assert exported.manifest.companies[0].agreements[0].feeds[0].files == DeclaredFiles(
            every=Every.DAY, hour=22, weekday=0, format=Format.PARQUET
        )

    def test_an_address_that_nobody_may_call_is_refused_at_its_place(self) -> None:
        slug = samples.new_slug()
        with pytest.raises(FaultyManifest) as refusal:
            apply(slug, delivered(THEIRS.replace("https://s3.example", "https://nimi@s3.example")))
        (fault,) = refusal.value.faults
        assert isinstance(fault, faults.NotForThisFeed)
        assert (fault.field or "").endswith("feeds.asiakkaat.files.bucket.endpoint")


def text(slug: str, *edits: Edit) -> str:
    return samples.example(slug, *CATALOGUE, GIVEN, *edits)


def read(slug: str, *edits: Edit) -> ReadManifest:
    return samples.read(slug, *CATALOGUE, GIVEN, *edits)


def apply(slug: str, *edits: Edit) -> Outcome:
    manifest = read(slug, *edits)
    with walled_session(system(applying.group_id_of(manifest.manifest))) as session:
        return applying.apply(session, manifest)


def hosted(slug: str) -> Acting:
    return system(group_id(slug))


def given(slug: str, key: str) -> Given:
    with walled_session(hosted(slug)) as session:
        return next(one for one in reading.listed(session) if one.feed.key == key)


def files_of(slug: str) -> FileTarget | None:
    with walled_session(of_company(hosting(slug))) as session:
        return targets.of_feed(session, given(slug, "asiakkaat").feed.feed_id)


def give_keys(slug: str) -> None:
    with walled_session(of_company(hosting(slug))) as session:
        session.execute(update(FileTarget).values(access_key="PILVI", sealed_secret=b"suljettu"))


def redraft(slug: str, key: str, **other: Any) -> None:
    with walled_session(of_company(hosting(slug))) as session:
        found = reading.feed(session, given(slug, key).feed.feed_id)
        said: Terms = replace(terms_of(found.newest), **other)
        scopes.draft_anew(session, found, said)


def approve(slug: str, key: str) -> None:
    """Whatever would still be missing for that: what is approved is all that matters here."""
    agreed = hosting(slug)
    with walled_session(of_company(agreed)) as session:
        found = reading.feed(session, given(slug, key).feed.feed_id)
        known = checking.known(session, found.feed, terms_of(found.newest))
        compiling.compile_scope(known.declared, found.newest)
        opened = compiling.ledger_scope(found.newest, agreed.agreement.processor_id)
        found.newest.scope_id, found.newest.approved_at = open_scope(session, opened), func.now()
