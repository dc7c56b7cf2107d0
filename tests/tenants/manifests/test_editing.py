"""What of a register the editor changes beside the fields: their order, keepers, recipients, gaps, rules of fields."""

import pytest
from msgspec.structs import replace

from tenants.acting import PurposeKind
from tenants.errors import SeveralInvalid
from tenants.languages.speaking import Text
from tenants.manifests import drafting, editing, faults
from tenants.manifests.drafting import DraftState
from tenants.manifests.drafts import KeptByOthers, NoSuchPart
from tenants.manifests.model import (
    DeclaredField,
    DeclaredPaper,
    DeclaredPurpose,
    DeclaredRecipient,
    DeclaredRegister,
    DeclaredRule,
    Gap,
    Rule,
)
from tenants.manifests.parts import Parts, taken
from tenants.registers.model import RecipientKind
from tests.tenants.manifests.drafters import House, house, kept_by, named, ordered, with_field

pytestmark = pytest.mark.usefixtures("database")

GAP = Gap(rule=Rule.NO_RETENTION, about="retention.months", says=Text(fi="Ei lukua", sv="Inget tal", en="No number"))
BANK = DeclaredRecipient(
    key="bank", kind=RecipientKind.PAYMENT, label=Text(fi="Pankki", sv="Bank", en="Bank"), outside_eea=False
)
VAULT = DeclaredPaper(
    key="vault",
    place=Text(fi="Holvi", sv="Valv", en="Vault"),
    lock=Text(fi="Lukko", sv="Lås", en="Lock"),
    key_holder=Text(fi="Hoitaja", sv="Vårdare", en="Keeper"),
    companies=("beta",),
)


@pytest.fixture
def group() -> House:
    return house()


def register(group: House, key: str = "credit") -> DeclaredRegister:
    found = taken(group.in_force(), key).register
    assert found
    return found


def fields(group: House, key: str = "credit") -> list[str]:
    return [one.key for one in register(group, key).fields]


# The order of fields


def test_fields_stand_in_the_order_that_was_chosen(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, ordered("hetu", "contract_number"))
    [change] = group.look(draft_id).changes
    assert (change.place, change.becomes) == ("registers.credit.fields", "hetu, contract_number")
    group.approve(draft_id)
    assert fields(group) == ["hetu", "contract_number"]
    assert "hetu" in group.exported()


def test_a_move_and_a_field_that_a_file_brought_meanwhile_both_stay(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, ordered("hetu", "contract_number"))
    other = "      - key: hetu\n        label: { fi: Henkilötunnus,"
    added = "      - { key: due, label: { fi: Erä, sv: Post, en: Due }, category: contact, origin: observed }\n"
    group.apply((other, added + other))
    draft = group.look(draft_id)
    assert draft.clashes == ()
    group.approve(draft_id)
    assert fields(group) == ["hetu", "contract_number", "due"]


@pytest.mark.parametrize(("keep_mine", "order"), [(True, "cab"), (False, "bca")])
def test_where_both_moved_the_same_fields_somebody_says_which_order_holds(
    group: House, keep_mine: bool, order: str
) -> None:
    begun = group.begin()
    group.change(begun, lambda parts: with_field("b")(with_field("a")(with_field("c")(parts))))
    group.approve(begun)
    draft_id = group.begin()
    group.change(draft_id, ordered("c", "a", "b"))
    in_force = group.in_force()
    other = replace(in_force, registers=tuple(_moved(one) for one in in_force.registers))
    group.apply_read(drafting.read_of(other))
    [clash] = group.look(draft_id).clashes
    assert clash.place == "register.fields"
    group.settle(draft_id, keep_mine=keep_mine)
    draft = group.look(draft_id)
    assert draft.clashes == ()
    settled = taken(draft.becomes, "credit").register
    assert settled
    assert [one.key for one in settled.fields if len(one.key) == 1] == list(order)


def _moved(one: DeclaredRegister) -> DeclaredRegister:
    if one.key != "credit":
        return one
    places = {key: place for place, key in enumerate("bca")}
    return replace(one, fields=tuple(sorted(one.fields, key=lambda field: places.get(field.key, 9))))


# Who keeps it


def test_a_sister_begins_to_keep_the_register_when_she_has_approved_it(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, kept_by("alfa", "beta"))
    assert [one.key for one in group.look(draft_id).concerned] == ["beta"]
    assert group.approve(draft_id, by=group.sister, at=group.beta).state is DraftState.PUBLISHED
    assert group.register_id("credit", group.beta)


def test_who_drafts_stays_among_the_keepers(group: House) -> None:
    draft_id = group.begin("customers")
    with pytest.raises(KeptByOthers):
        group.change(draft_id, kept_by("beta"))


def test_a_sister_is_not_put_out_while_she_holds_data_nor_without_her_approval(group: House) -> None:
    draft_id = group.begin("customers")
    group.change(draft_id, kept_by("alfa"))
    assert [one.key for one in group.look(draft_id).concerned] == ["beta"]
    group.customer(group.beta)
    with pytest.raises(SeveralInvalid) as refused:
        group.approve(draft_id, by=group.sister, at=group.beta)
    assert [(one.field, one.values) for one in refused.value.problems] == [
        ("registers.customers", {"company": "Beta Oy"})
    ]


def test_the_paper_and_the_purposes_of_who_keeps_it_no_longer_go_too(group: House) -> None:
    begun = group.begin("customers")
    group.change(begun, lambda parts: editing.with_paper(parts, VAULT))
    group.approve(begun, by=group.sister, at=group.beta)
    draft_id = group.begin("customers")
    group.change(draft_id, kept_by("alfa"))
    group.approve(draft_id, by=group.sister, at=group.beta)
    assert register(group, "customers").paper == ()
    assert "letters" not in [one.key for one in group.in_force().purposes]


# Recipients


def test_a_recipient_is_added_reworded_and_taken_off_the_register(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, lambda parts: editing.with_recipient(parts, BANK))
    group.approve(draft_id)
    assert register(group).recipients == ("bank",)
    again = group.begin()
    reworded = replace(BANK, name="Esimerkkipankki Oyj")
    group.change(again, lambda parts: editing.with_recipient(parts, reworded))
    group.approve(again)
    assert [one.name for one in group.in_force().recipients if one.key == "bank"] == ["Esimerkkipankki Oyj"]
    last = group.begin()
    group.change(last, lambda parts: editing.without_recipient(parts, "bank"))
    group.approve(last)
    assert register(group).recipients == ()
    assert "bank" in [one.key for one in group.in_force().recipients]


def test_who_begins_to_name_a_recipient_does_not_undo_how_others_reworded_it(group: House) -> None:
    draft_id = group.begin()
    manifest = group.in_force()
    named_now = replace(register(group), recipients=("carrier",))
    group.change(draft_id, lambda parts: editing.with_register(parts, named_now, manifest))
    assert [one.key for one in group.look(draft_id).parts.recipients] == ["carrier"]
    group.apply(("en: Carrier", "en: Haulier"))
    group.approve(draft_id)
    assert [one.label.en for one in group.in_force().recipients] == ["Haulier"]
    assert register(group).recipients == ("carrier",)


# Gaps


def without_a_number(parts: Parts) -> Parts:
    assert parts.register
    retention = replace(parts.register.retention, months=None)
    return replace(parts, register=replace(parts.register, retention=retention))


def test_a_silence_that_is_told_is_no_fault(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, without_a_number)
    with pytest.raises(SeveralInvalid) as refused:
        group.approve(draft_id)
    assert [type(one) for one in refused.value.problems] == [faults.GapNotTold]
    group.change(draft_id, lambda parts: editing.with_gap(parts, "register.retention.months", GAP))
    group.approve(draft_id)
    assert register(group).gaps == (GAP,)


def test_a_gap_moves_to_what_it_is_about_and_goes(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, lambda parts: editing.with_gap(parts, "register.retention.months", GAP))
    key = "N05.register.retention.months"
    about_basis = replace(GAP, rule=Rule.NO_BASIS, about="basis")
    group.change(draft_id, lambda parts: editing.with_gap(parts, "purposes.credit.basis", about_basis, key))
    parts = group.look(draft_id).parts
    assert [place for place, _ in editing.gaps(parts)] == ["purposes.credit.basis"]
    group.change(draft_id, lambda parts: editing.without_gap(parts, "N06.purposes.credit.basis"))
    assert group.look(draft_id).changes == ()
    with pytest.raises(NoSuchPart):
        editing.without_gap(parts, key)


# Fields that are bound to purposes


def test_a_field_is_bound_to_a_purpose_and_to_what_stands_beside_it(group: House) -> None:
    def bound(parts: Parts) -> Parts:
        rule = DeclaredRule(kinds=(PurposeKind.CREDIT,), beside="contract_number")
        return _field(parts, only_for=rule)

    draft_id = group.begin()
    group.change(draft_id, bound)
    assert [one.place for one in group.look(draft_id).changes] == ["registers.credit.fields.hetu.only_for"]
    group.approve(draft_id)
    assert register(group).fields[1].only_for == DeclaredRule(kinds=(PurposeKind.CREDIT,), beside="contract_number")


def test_a_field_is_not_bound_to_what_the_register_is_not_kept_for(group: House) -> None:
    draft_id = group.begin()
    rule = DeclaredRule(kinds=(PurposeKind.CREDIT_SALE,), beside="agreement")
    group.change(draft_id, lambda parts: _field(parts, only_for=rule))
    with pytest.raises(SeveralInvalid) as refused:
        group.approve(draft_id)
    assert {(one.field, type(one)) for one in refused.value.problems} == {
        ("registers.credit.fields.hetu.only_for.kinds", faults.BoundToNoPurpose),
        ("registers.credit.fields.hetu.only_for.beside", faults.NoSuchKey),
    }
    assert group.in_force().base_version == 1


def _field(parts: Parts, **changed: object) -> Parts:
    field: DeclaredField = replace(editing.field_of(parts, "hetu"), **changed)
    purposes: list[DeclaredPurpose] = list(parts.purposes)
    return editing.with_field(parts, field, [one.key for one in purposes], parts.categories[0])


def test_all_of_it_is_one_draft_and_one_version(group: House) -> None:
    draft_id = group.begin()
    group.change(draft_id, named("Luotot"))
    group.change(draft_id, ordered("hetu", "contract_number"))
    group.change(draft_id, lambda parts: editing.with_recipient(parts, BANK))
    group.change(draft_id, lambda parts: editing.with_gap(parts, "register.retention.months", GAP))
    assert group.approve(draft_id).version == 2
    assert not group.apply_read(drafting.read_of(group.in_force())).changed
