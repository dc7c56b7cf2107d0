"""Who is in the catalogue, and whom they engage."""

from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from tenants.acting import PurposeKind
from tenants.audit.model import AuditEntry
from tenants.companies.model import Contact, Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.languages.speaking import Text
from tenants.processors import cataloguing, engaging, refusals, verifying
from tenants.processors.engaging import Engagement
from tenants.processors.model import Processor, ProcessorVerification
from tenants.processors.standing import Reason, Stop
from tests import make
from tests.tenants.processors.scene import DOCUMENT, Scene, described, today


def wrong(house: Scene, **other: object) -> set[tuple[str | None, str]]:
    with pytest.raises(SeveralInvalid) as refused, walled_session(house.admin.acting()) as session:
        cataloguing.add(session, described("uusi", **other))
    return {(one.field, type(one).__name__) for one in refused.value.problems}


def test_staff_of_every_company_read_the_catalogue(house: Scene) -> None:
    carer = make.staff(house.group, (Role.CUSTOMER_CARE, house.beta))
    with walled_session(carer.acting(house.beta, PurposeKind.CUSTOMER_CARE)) as session:
        assert [one.key for one in cataloguing.listed(session)] == ["pilvi"]


def test_another_group_sees_nothing_of_it(house: Scene) -> None:
    stranger = make.staff(make.group(), (Role.GROUP_ADMIN, None))
    with walled_session(stranger.acting()) as session:
        assert list(cataloguing.listed(session)) == []
        with pytest.raises(refusals.NoSuchProcessor):
            cataloguing.change(session, house.pilvi, described("pilvi"))


@pytest.mark.parametrize("role", [Role.REGISTER_OWNER, Role.DATA_PROTECTION_OFFICER, Role.CUSTOMER_CARE])
def test_who_may_only_read_it_adds_nothing(house: Scene, role: Role) -> None:
    reader = make.staff(house.group, (role, house.alfa))
    with pytest.raises(NotPermitted), walled_session(reader.acting(house.alfa)) as session:
        cataloguing.add(session, described("uusi"))


def test_numbers_are_kept_in_one_spelling(house: Scene) -> None:
    made = house.processor("uusi", business_id="FI08302302", vat_number="fi 0830 2302", countries=("se", "FI", "SE"))
    with walled_session(house.group.system()) as session:
        found = cataloguing.get(session, made)
        assert (found.business_id, found.vat_number, found.countries) == ("0830230-2", "FI08302302", ["FI", "SE"])


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"key": "Iso Nimi"}, ("key", "NotAKey")),
        ({"name": "  "}, ("name", "NeedsName")),
        ({"name": "x" * 201}, ("name", "TooLong")),
        ({"contact": Contact(email="tietosuoja")}, ("email", "NotAnEmailAddress")),
        ({"contact": Contact(email="a@pilvi.example, b@muu.example")}, ("email", "NotAnEmailAddress")),
        ({"contact": Contact(email="a@pilvi.example\r\nBcc: b@muu.example")}, ("email", "NotAnEmailAddress")),
        ({"business_id": "0830230-3"}, ("business_id", "NotABusinessId")),
        ({"vat_number": "FI08302303"}, ("vat_number", "NotAVatNumber")),
        ({"vat_number": "XX123"}, ("vat_number", "NotAVatNumber")),
        ({"country": "ZZ"}, ("country", "NotACountry")),
        ({"countries": ("FI", "EU")}, ("countries", "NotACountry")),
        ({"domain": "ei ole"}, ("domain", "NotADomain")),
        ({"company_id": uuid4()}, ("company", "NotACompanyOfTheGroup")),
    ],
)
def test_what_cannot_be_is_refused_where_it_stands(
    house: Scene, other: dict[str, object], said: tuple[str, str]
) -> None:
    assert wrong(house, **other) == {said}


def test_all_that_is_wrong_is_told_at_once(house: Scene) -> None:
    assert len(wrong(house, name="", business_id="1", country="ZZ", domain="-")) == 4


def test_one_organisation_is_known_once(house: Scene) -> None:
    house.processor("uusi", business_id="0830230-2")
    for other, refusal in (
        ({"called": "uusi"}, refusals.KnownKey),
        ({"called": "toinen", "business_id": "0830230-2"}, refusals.KnownOrganisation),
    ):
        with pytest.raises(refusal), walled_session(house.admin.acting()) as session:
            cataloguing.add(session, described(**other))


def test_what_was_changed_meanwhile_is_not_changed_over(house: Scene) -> None:
    with walled_session(house.admin.acting()) as session:
        seen = cataloguing.looked_at(cataloguing.get(session, house.pilvi))
        cataloguing.change(session, house.pilvi, described("pilvi", name="Pilvi Oyj"), seen=seen)
    with pytest.raises(refusals.ProcessorChangedMeanwhile), walled_session(house.admin.acting()) as session:
        cataloguing.change(session, house.pilvi, described("pilvi", name="Pilvi Ab"), seen=seen)


def test_only_the_group_takes_a_processor_out_of_use(house: Scene) -> None:
    with pytest.raises(refusals.GroupDecides), walled_session(house.approver.acting(house.alfa)) as session:
        cataloguing.retire(session, house.pilvi)
    with walled_session(house.admin.acting()) as session:
        cataloguing.retire(session, house.pilvi)
    with pytest.raises(refusals.GroupDecides), walled_session(house.approver.acting(house.alfa)) as session:
        cataloguing.take_back(session, house.pilvi)
    with walled_session(house.admin.acting()) as session:
        assert cataloguing.get(session, house.pilvi).retired_at is not None
        cataloguing.take_back(session, house.pilvi)
        assert cataloguing.get(session, house.pilvi).retired_at is None


def test_sub_processors_stand_beneath_each_other_to_any_depth(house: Scene) -> None:
    chain = [house.pilvi, *(house.processor(key) for key in ("konesali", "sahko", "vartija"))]
    for upper, lower in pairwise(chain):
        house.engage(upper, lower)
    with walled_session(house.group.system()) as session:
        beneath = engaging.beneath(house.pilvi, engaging.engaged(session))
    assert [one.sub_processor_id for one in beneath] == chain[1:]


def test_nobody_works_for_themselves_at_any_depth(house: Scene) -> None:
    chain = [house.pilvi, *(house.processor(key) for key in ("konesali", "sahko"))]
    for upper, lower in pairwise(chain):
        house.engage(upper, lower)
    for upper, lower in ((chain[2], chain[0]), (chain[1], chain[0]), (chain[0], chain[0])):
        with pytest.raises(SeveralInvalid) as refused:
            house.engage(upper, lower)
        assert [type(one) for one in refused.value.problems] == [refusals.SubProcessorOfItself]


def test_whom_a_processor_left_is_beneath_it_no_more_and_may_engage_it(house: Scene) -> None:
    lower = house.processor("konesali")
    house.engage(house.pilvi, lower)
    with walled_session(house.admin.acting()) as session:
        engaging.leave(session, house.pilvi, lower)
    house.engage(lower, house.pilvi)
    with walled_session(house.group.system()) as session:
        assert [one.sub_processor_id for one in engaging.beneath(lower, engaging.engaged(session))] == [house.pilvi]


def test_an_engagement_says_what_for_and_where(house: Scene) -> None:
    lower = house.processor("konesali")
    said = Engagement(
        service=Text(fi=" "),
        countries=(),
        since=today(),
        announced_on=today(),
        objections_until=today() - timedelta(days=1),
    )
    with pytest.raises(SeveralInvalid) as refused, walled_session(house.admin.acting()) as session:
        engaging.engage(session, house.pilvi, lower, said)
    assert {one.field for one in refused.value.problems} == {"service", "countries", "objections_until"}


def test_a_company_objects_while_the_period_runs_and_solves_it(house: Scene) -> None:
    lower = house.processor("konesali")
    house.engage(house.pilvi, lower, announced_on=today(), objections_until=today())
    objection = house.object_to(house.pilvi, lower)
    with pytest.raises(refusals.AlreadyObjected):
        house.object_to(house.pilvi, lower)
    with pytest.raises(refusals.NoSuchObjection), walled_session(house.approver.acting(house.beta)) as session:
        engaging.solve(session, objection, solution="Beta ei päätä")
    with walled_session(house.approver.acting(house.alfa)) as session:
        engaging.solve(session, objection, solution="Sijainti vaihdettiin")
    with pytest.raises(refusals.AlreadySolved), walled_session(house.approver.acting(house.alfa)) as session:
        engaging.solve(session, objection, solution="Uudelleen")
    house.object_to(house.pilvi, lower, by=house.beta)


def test_after_the_period_nobody_objects(house: Scene) -> None:
    lower = house.processor("konesali")
    day = today() - timedelta(days=1)
    house.engage(house.pilvi, lower, announced_on=day, objections_until=day)
    with pytest.raises(refusals.ObjectionPeriodOver):
        house.object_to(house.pilvi, lower)


def test_an_objection_has_its_reason_and_is_a_company_s(house: Scene) -> None:
    lower = house.processor("konesali")
    house.engage(house.pilvi, lower)
    with pytest.raises(refusals.NeedsReason), walled_session(house.approver.acting(house.alfa)) as session:
        engaging.object_to(session, house.pilvi, lower, reason="  ")
    with pytest.raises(NotPermitted), walled_session(house.drafter.acting(house.alfa)) as session:
        engaging.object_to(session, house.pilvi, lower, reason="Ei")


def test_evidence_has_its_days_and_its_document(house: Scene) -> None:
    with pytest.raises(SeveralInvalid) as refused, walled_session(house.approver.acting(house.alfa)) as session:
        verifying.verify(
            session,
            house.pilvi,
            verified_on=today() + timedelta(days=1),
            valid_until=today(),
            document=type(DOCUMENT)("", "x"),
        )
    assert sorted(str(one.field) for one in refused.value.problems) == [
        "document",
        "document.sha256",
        "valid_until",
        "verified_on",
    ]


def test_evidence_is_withdrawn_by_the_company_that_wrote_it_down(house: Scene) -> None:
    made = house.verify()
    with pytest.raises(refusals.NoSuchVerification), walled_session(house.approver.acting(house.beta)) as session:
        verifying.withdraw(session, made)
    with walled_session(house.approver.acting(house.alfa)) as session:
        verifying.withdraw(session, made)
    with pytest.raises(refusals.AlreadyWithdrawn), walled_session(house.approver.acting(house.alfa)) as session:
        verifying.withdraw(session, made)


def test_evidence_of_a_sister_company_lets_nothing_flow(house: Scene) -> None:
    agreement_id = house.approved()
    for company, stopped in ((house.beta, True), (house.alfa, False)):
        house.verify(by=company)
        assert (house.stops(agreement_id) == [Stop(Reason.UNVERIFIED)]) is stopped


def test_evidence_for_the_whole_group_stands_for_every_company(house: Scene) -> None:
    agreement_id = house.approved()
    with walled_session(house.admin.acting()) as session:
        verifying.verify(
            session, house.pilvi, verified_on=today(), valid_until=today() + timedelta(days=9), document=DOCUMENT
        )
    assert house.stops(agreement_id) == []


def test_nobody_writes_evidence_in_a_sister_company_s_name(house: Scene) -> None:
    with pytest.raises(DBAPIError, match="row-level security"), walled_session(house.beta.system()) as session:
        session.add(
            ProcessorVerification(
                processor_id=house.pilvi,
                company_id=house.alfa.company_id,
                verified_on=today(),
                valid_until=today(),
                document=DOCUMENT,
            )
        )


def test_every_step_is_in_the_audit(house: Scene) -> None:
    lower = house.processor("konesali")
    house.engage(house.pilvi, lower)
    house.verify()
    with walled_session(house.admin.acting()) as session:
        cataloguing.change(session, house.pilvi, described("pilvi"))
        engaging.leave(session, house.pilvi, lower)
        cataloguing.retire(session, house.pilvi)
    with walled_session(house.group.system()) as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.about == "processor").order_by(AuditEntry.at))
        told = [one.action for one in entries if house.pilvi in one.about_ids]
    assert told[:2] == ["processor.added", "sub_processor.engaged"]
    assert set(told[2:]) == {"processor.changed", "sub_processor.left", "processor.retired"}
    with walled_session(house.alfa.system()) as session:
        own = session.scalars(select(AuditEntry.action).where(AuditEntry.about == "processor")).all()
    assert own == ["processor.verified"]


def test_a_company_s_key_to_the_catalogue_is_its_own_row(house: Scene) -> None:
    house.processor("beta-oy", company_id=house.beta.company_id)
    with pytest.raises(refusals.KnownOrganisation):
        house.processor("beta-uudelleen", company_id=house.beta.company_id)
    with walled_session(house.group.system()) as session:
        assert session.scalars(select(Processor.key).where(Processor.company_id.is_not(None))).all() == ["beta-oy"]
