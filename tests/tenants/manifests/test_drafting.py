"""A register is drafted, held against what is in force, approved by whom it concerns, and published as a version."""

import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from infra.embedded.postgres import Postgres
from tenants.audit.model import AuditEntry
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.languages.speaking import Text
from tenants.manifests import drafting, editing, faults, reading
from tenants.manifests.drafting import DraftState
from tenants.manifests.drafts import (
    AlreadyApproved,
    DraftChanged,
    DraftClashes,
    KeptByOthers,
    NoSuchDraft,
    NotConcerned,
    NothingChanges,
    NotOpen,
    NotTheDraftsCompany,
    OwnDraft,
    RegisterKeyTaken,
)
from tenants.manifests.faults import FaultyManifest, StaleManifest
from tenants.manifests.model import PurposeData
from tenants.manifests.parts import Parts, taken
from tenants.manifests.versions import ManifestVersion
from tenants.registers.model import Register
from tests.tenants.manifests import samples
from tests.tenants.manifests.drafters import House, house, named, with_field, without_field
from tests.waiting import somebody_waits, until

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def group() -> House:
    return house()


def test_what_one_company_keeps_alone_it_approves_alone(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, with_field("instalment"))
    assert [one.place for one in group.look(draft_id).changes] == ["registers.credit.fields.instalment"]
    done = group.approve(draft_id)
    assert (done.state, done.version) == (DraftState.PUBLISHED, 2)
    assert "instalment" in [field.key for field in taken(group.in_force(), "credit").register.fields]  # type: ignore[union-attr]


def test_who_only_drafts_does_not_approve(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, named("Luotot"))
    with pytest.raises(NotPermitted):
        group.approve(draft_id, by=group.owner)


def test_with_four_eyes_nobody_approves_what_they_had_a_hand_in(group: House) -> None:
    group.with_four_eyes()
    with walled_session(group.admin.acting(group.alfa)) as session:
        draft_id = drafting.begin(session, "credit").draft_id
    group.change(draft_id, named("Luotot"))
    with pytest.raises(OwnDraft):
        group.approve(draft_id)


def test_what_sisters_keep_alike_changes_when_each_of_them_has_approved(group: House) -> None:
    draft_id = group.begin("customers")
    group.change(draft_id, named("Asiakkaat"))
    assert [one.key for one in group.look(draft_id).concerned] == ["alfa", "beta"]
    first = group.approve(draft_id)
    assert (first.state, [one.key for one in first.awaited]) == (DraftState.WAITING, ["beta"])
    assert group.in_force().registers[0].name.fi == "Asiakasrekisteri"
    with pytest.raises(AlreadyApproved):
        group.approve(draft_id)
    assert group.approve(draft_id, by=group.sister, at=group.beta).state is DraftState.PUBLISHED
    assert group.in_force().registers[0].name.fi == "Asiakkaat"


def test_an_approval_is_of_one_edition(group: House) -> None:
    draft_id = group.begin("customers")
    group.change(draft_id, named("Asiakkaat"))
    group.approve(draft_id)
    group.change(draft_id, named("Kaikki asiakkaat"))
    assert group.look(draft_id).approved == ()
    with walled_session(group.sister.acting(group.beta)) as session, pytest.raises(DraftChanged):
        drafting.approve(session, draft_id, edition=2)


def test_nobody_changes_a_draft_while_it_is_approved(group: House, database: Postgres) -> None:
    draft_id = group.begin()
    group.change(draft_id, named("Luotot"))
    approving = threading.Thread(target=group.approve, args=(draft_id,))
    with walled_session(group.group.system()) as holding:
        holding.execute(select(Register.register_id).where(Register.key == "credit").with_for_update())
        approving.start()
        until(lambda: somebody_waits(database))
        with walled_session(group.owner.acting(group.alfa)) as session:
            session.execute(text("SET LOCAL lock_timeout = '50ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                drafting.change(session, draft_id, named("Jotakin muuta"))
            session.rollback()
    approving.join(timeout=30)
    assert group.look(draft_id).row.parts == taken(group.in_force(), "credit")
    with pytest.raises(NotOpen):
        group.change(draft_id, named("Jotakin muuta"))


def test_a_sister_neither_changes_nor_approves_what_is_not_hers(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, named("Luotot"))
    with walled_session(group.sister.acting(group.beta)) as session:
        with pytest.raises(NotTheDraftsCompany):
            drafting.change(session, draft_id, named("Kaapattu"))
        with pytest.raises(NotConcerned):
            drafting.approve(session, draft_id, edition=2)
        with pytest.raises(NoSuchDraft):
            drafting.begin(session, "credit")


def test_another_group_sees_no_draft(group: House) -> None:
    draft_id, other = group.begin(), house()
    with walled_session(other.admin.acting(other.alfa)) as session, pytest.raises(NoSuchDraft):
        drafting.get(session, draft_id)


def test_a_draft_on_an_old_version_keeps_what_others_changed_since(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, with_field("instalment"))
    group.apply(("fi: Luottokaupat", "fi: Luotolla myyty"))
    draft = group.look(draft_id)
    assert draft.clashes == ()
    assert [one.place for one in draft.changes] == ["registers.credit.fields.instalment"]
    group.approve(draft_id)
    register = taken(group.in_force(), "credit").register
    assert register
    assert (register.name.fi, register.fields[-1].key) == ("Luotolla myyty", "instalment")


@pytest.mark.parametrize(("keep_mine", "name"), [(True, "Minun"), (False, "Heidän")])
def test_where_both_changed_the_same_somebody_says_which_holds(group: House, keep_mine: bool, name: str) -> None:
    draft_id = group.begin()
    group.change(draft_id, named("Minun"))
    group.change(draft_id, with_field("instalment"))
    group.apply(("fi: Luottokaupat", "fi: Heidän"))
    [clash] = group.look(draft_id).clashes
    assert (clash.place, clash.mine, clash.theirs) == ("register.name.fi", "Minun", "Heidän")
    with pytest.raises(DraftClashes):
        group.approve(draft_id)
    with pytest.raises(DraftClashes):
        group.change(draft_id, named("Kolmas"))
    with walled_session(group.owner.acting(group.alfa)) as session:
        drafting.settle(session, draft_id, keep_mine=keep_mine, edition=3)
    group.approve(draft_id)
    register = taken(group.in_force(), "credit").register
    assert register
    assert (register.name.fi, register.fields[-1].key) == (name, "instalment")


def test_of_two_who_change_a_draft_at_once_the_second_is_told(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, named("Luotot"), edition=1)
    with pytest.raises(DraftChanged):
        group.change(draft_id, named("Velat"), edition=1)
    assert group.look(draft_id).parts.register.name.fi == "Luotot"  # type: ignore[union-attr]


def test_a_register_has_one_open_draft_at_a_company(group: House) -> None:
    assert group.begin() == group.begin()


def test_what_was_discarded_or_published_is_not_changed(group: House) -> None:
    draft_id = group.begin()
    with pytest.raises(NothingChanges):
        group.approve(draft_id)
    with walled_session(group.owner.acting(group.alfa)) as session:
        drafting.discard(session, draft_id)
    with pytest.raises(NotOpen):
        group.change(draft_id, named("Luotot"))
    second = group.begin()
    assert second != draft_id
    group.change(second, named("Luotot"))
    group.approve(second)
    with pytest.raises(NotOpen):
        group.approve(second)


def test_a_new_register_is_the_drafting_company_s_own(group: House) -> None:
    found = taken(group.in_force(), "credit")
    assert found.register
    new = replace(found.register, key="loans", name=replace(found.register.name, fi="Lainat"))
    purpose = replace(found.purposes[0], key="loans", data=(replace(found.purposes[0].data[0], register="loans"),))
    with walled_session(group.owner.acting(group.alfa)) as session:
        with pytest.raises(KeptByOthers):
            drafting.begin_new(session, Parts(register=replace(new, kept_by=("beta",))))
        with pytest.raises(RegisterKeyTaken):
            drafting.begin_new(session, Parts(register=replace(new, key="customers")))
        draft_id = drafting.begin_new(session, Parts(register=new, purposes=(purpose,))).draft_id
    assert [one.key for one in group.look(draft_id).concerned] == ["alfa"]
    group.approve(draft_id)
    assert group.register_id("loans")


def test_everything_that_stands_in_the_way_is_told_at_once(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, with_field("iban", type="iban"))
    group.change(draft_id, with_field("mystery", category="telepathy"))
    with pytest.raises(SeveralInvalid) as refusal:
        group.approve(draft_id)
    assert {(one.field, type(one)) for one in refusal.value.problems} == {
        ("registers.credit.fields.iban.sealed", faults.MustBeSealed),
        ("registers.credit.fields.mystery.category", faults.NoSuchKey),
    }


def test_a_field_with_data_is_not_declared_away_by_a_draft_nor_by_a_file(group: House) -> None:
    group.customer(group.beta, email="aino@esimerkki.example")
    gone = without_field("email")
    draft_id = group.begin("customers")
    group.change(draft_id, gone)
    with pytest.raises(SeveralInvalid) as refusal:
        group.approve(draft_id)
    # The purpose of Beta that uses it is told too; the data is found once the rest makes sense.
    assert [one.field for one in refusal.value.problems] == ["purposes.letters.data.0.fields.0"]
    text = "      - key: email\n        label: { fi: Sähköposti, sv: E-post, en: E-mail }\n        category: contact\n"
    text += "        type: email\n        origin: provided\n        identifier: email\n"
    with pytest.raises(FaultyManifest) as faulty:
        group.apply((text, ""), ("fields: [email]", "fields: [customer_number]"))
    [fault] = faulty.value.faults
    assert (fault.field, type(fault)) == ("registers.customers.fields.email", faults.HoldsData)
    assert fault.values == {"company": "Beta Oy"}
    assert fault.line > 1
    assert group.in_force().base_version == 1


def test_a_register_with_data_is_not_left(group: House) -> None:
    group.customer(group.alfa)
    draft_id = group.begin("customers")
    group.change(draft_id, lambda _: Parts())
    with pytest.raises(SeveralInvalid) as refusal:
        group.approve(draft_id)
    assert [(one.field, one.values) for one in refusal.value.problems] == [
        ("registers.customers", {"company": "Alfa Oy"})
    ]


def test_a_company_leaves_an_empty_register_to_its_sister(group: House) -> None:
    draft_id = group.begin("customers")
    group.change(draft_id, lambda _: Parts())
    assert [one.key for one in group.look(draft_id).concerned] == ["alfa"]
    group.approve(draft_id)
    [customers] = [one for one in group.in_force().registers if one.key == "customers"]
    assert customers.kept_by == ("beta",)


def test_what_the_editor_published_is_what_is_exported_and_planned(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, with_field("instalment", dpv="pd:Loan", retention_class="contract"))
    group.approve(draft_id)
    exported = group.exported()
    assert "instalment" in exported
    assert not group.apply_read(reading.read(exported.encode(), file="vienti.yaml")).changed


def test_a_file_that_knows_nothing_of_the_editor_does_not_undo_it(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, named("Luotot"))
    group.approve(draft_id)
    with pytest.raises(StaleManifest) as stale:
        group.apply(("en: Carrier", "en: Carriers"))
    [fault] = stale.value.faults
    assert (fault.field, fault.values) == ("registers.credit.name.fi", {"base": 1, "now": "Luotot"})
    # Whoever has seen it may undo it: by saying so.
    group.apply(("format: 1", "format: 1\nbase_version: 2"))
    assert taken(group.in_force(), "credit").register.name.fi == "Luottokaupat"  # type: ignore[union-attr]


def test_a_version_tells_who_brought_it_and_how(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, named("Luotot"))
    group.approve(draft_id)
    with walled_session(group.group.system()) as session:
        versions = session.scalars(select(ManifestVersion).order_by(ManifestVersion.version)).all()
        told = [(one.version, one.applied_by, one.draft_id) for one in versions]
    assert told == [(1, None, None), (2, group.admin.member_id, draft_id)]
    assert _audited(group, draft_id) == {
        "register.drafted",
        "register.draft_changed",
        "register.approved",
        "register.published",
    }


def _audited(group: House, draft_id: UUID) -> set[str]:
    with walled_session(group.alfa.system()) as session:
        entries = session.execute(select(AuditEntry.action, AuditEntry.about_ids))
        return {action for action, ids in entries if draft_id in ids}


def test_a_name_identifier_of_a_shared_register_is_renewed_at_the_sister_too(group: House) -> None:
    draft_id = group.begin("customers")
    group.change(draft_id, with_field("name"))
    group.approve(draft_id)
    group.approve(draft_id, by=group.sister, at=group.beta)
    draft_id = group.begin("customers")
    group.change(draft_id, without_field("name"))
    group.change(draft_id, with_field("name", identifier="name"))
    group.approve(draft_id)
    assert group.approve(draft_id, by=group.sister, at=group.beta).state is DraftState.PUBLISHED


def test_a_field_that_a_purpose_begins_to_use_moves_nothing_of_it(group: House) -> None:
    found = taken(group.in_force(), "credit")
    both = (PurposeData(register="credit", fields=("hetu",)), PurposeData(register="customers"))
    before = replace(found, purposes=(replace(found.purposes[0], data=both),))
    field, category = editing.field_of(before, "contract_number"), found.categories[0]
    after = editing.with_field(before, field, ("credit",), category)
    assert [part.register for part in after.purposes[0].data] == ["credit", "customers"]
    assert after.purposes[0].data[0].fields is None


def also_for_credit(key: str, **other: object) -> Callable[[Parts], Parts]:
    """A purpose that did not serve the register of credit sales so far."""

    def edit(parts: Parts) -> Parts:
        [before] = [one for one in samples.read("esimerkki").manifest.purposes if one.key == key]
        purpose = replace(
            before, data=(*before.data, PurposeData(register="credit", fields=("contract_number",))), **other
        )
        return replace(parts, purposes=(*parts.purposes, purpose))

    return edit


def test_a_purpose_that_a_draft_takes_from_elsewhere_keeps_what_others_made_of_it_since(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, also_for_credit("care"))
    assert [one.key for one in group.look(draft_id).concerned] == ["alfa"]
    group.apply(("fi: Asiakassuhde,", "fi: Asiakkaiden hoito,"))
    done = group.approve(draft_id)
    assert (done.state, [one.key for one in done.concerned]) == (DraftState.PUBLISHED, ["alfa"])
    [care] = [one for one in group.in_force().purposes if one.key == "care"]
    assert (care.label.fi, [one.register for one in care.data]) == ("Asiakkaiden hoito", ["customers", "credit"])


def test_a_purpose_that_a_draft_takes_from_elsewhere_clashes_with_what_others_made_of_it_since(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, also_for_credit("care", label=Text(fi="Kaikki", sv="Allt", en="All")))
    group.apply(("fi: Asiakassuhde,", "fi: Asiakkaiden hoito,"))
    assert [one.place for one in group.look(draft_id).clashes] == ["purposes.care.label.fi"]
