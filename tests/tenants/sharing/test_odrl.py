"""What companies agreed on is said in ODRL, in terms that others know, and says no more than the door opens."""

import json
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
import pytest

from tenants.acting import PurposeKind
from tenants.database import walled_session
from tenants.registers.model import LegalBasis
from tenants.sharing import odrl, reading
from tenants.sharing.conditions import All, Consented, FieldIs, HasRecord
from tenants.sharing.conditions import Any as AnyOf
from tests.tenants.sharing.scene import Scene, today
from tests.tenants.sharing.vocabulary import unknown

NAMESPACE = "https://seloste.example/ns/sharing"
OWN = frozenset(odrl.TERMS) | {kind.value for kind in PurposeKind}
SERVED_OR_ORDERING = All(
    (
        AnyOf((FieldIs("segment", ("gold", "silver")), HasRecord("orders", "state", ("open",)))),
        Consented(PurposeKind.MARKETING),
    )
)


def exported(house: Scene, policy_id: UUID) -> dict[str, Any]:
    with walled_session(house.group.system()) as session:
        found = odrl.document(session, [reading.newest(session, policy_id)], NAMESPACE)
    return cast(dict[str, Any], json.loads(msgspec.json.encode(found)))


def permission(house: Scene, policy_id: UUID) -> dict[str, Any]:
    [policy] = exported(house, policy_id)["@graph"]
    [found] = policy["permission"]
    return cast(dict[str, Any], found)


def test_every_term_is_of_odrl_of_dpv_or_of_the_profile(house: Scene) -> None:
    policy_id = house.active(condition=SERVED_OR_ORDERING, valid_until=today() + timedelta(days=9))
    assert unknown(exported(house, policy_id), OWN) == set()


@pytest.mark.parametrize(
    ("path", "term"),
    [
        (("action",), "peek"),
        (("constraint", 0, "leftOperand"), "seloste:mood"),
        (("constraint", 0, "rightOperand", "@id"), "dpv:CreditChecking"),
        (("constraint", 1, "operator"), "before"),
    ],
)
def test_a_term_that_no_vocabulary_has_is_noticed(house: Scene, path: tuple[str | int, ...], term: str) -> None:
    document = exported(house, house.active())
    place: Any = document["@graph"][0]["permission"][0]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = term
    assert unknown(document, OWN) == {term}


def test_every_kind_of_purpose_and_every_legal_basis_has_a_term() -> None:
    assert set(odrl.PURPOSES) == set(PurposeKind)
    assert odrl.BASES[LegalBasis.LEGITIMATE_INTEREST] == "eu-gdpr:A6-1-f"
    terms = [{"@id": one} for one in (*odrl.PURPOSES.values(), *odrl.BASES.values())]
    assert unknown(terms, OWN) == set()


def test_a_draft_is_a_set_what_waits_an_offer_and_what_is_accepted_an_agreement(house: Scene) -> None:
    policy_id = house.draft(recipients=(house.beta.company_id, house.gamma.company_id))
    types = {"drafted": kinds(house, policy_id)}
    house.grant(policy_id)
    types["granted"] = kinds(house, policy_id)
    house.accept(policy_id)
    types["accepted"] = kinds(house, policy_id)
    beta, gamma = (f"urn:uuid:{one.company_id}" for one in (house.beta, house.gamma))
    assert types == {
        "drafted": {beta: "Set", gamma: "Set"},
        "granted": {beta: "Offer", gamma: "Offer"},
        "accepted": {beta: "Agreement", gamma: "Offer"},
    }


def kinds(house: Scene, policy_id: UUID) -> dict[str, str]:
    return {one["assignee"]["uid"]: one["@type"] for one in exported(house, policy_id)["@graph"]}


def test_the_permission_names_purpose_basis_time_and_the_fields(house: Scene) -> None:
    found = permission(house, house.active())
    purpose, since = found["constraint"]
    assert purpose == {"leftOperand": "purpose", "operator": "isA", "rightOperand": {"@id": "dpv:CustomerCare"}}
    assert (since["operator"], since["rightOperand"]["@type"]) == ("gteq", "xsd:dateTime")
    assert found["dpv:hasLegalBasis"] == {"@id": "eu-gdpr:A6-1-b"}
    assert found["target"]["source"] == f"urn:uuid:{house.customers.register_id}"
    fields = {one["@id"] for one in found["target"]["refinement"][0]["rightOperand"]}
    assert fields == {f"urn:uuid:{house.customers.fields[key]}" for key in ("name", "segment")}


def test_what_the_door_asks_unsaid_is_said(house: Scene) -> None:
    _, restriction, objection = permission(house, house.active())["target"]["refinement"]
    assert restriction == {"leftOperand": "seloste:restriction", "operator": "eq", "rightOperand": False}
    assert objection == {
        "leftOperand": "seloste:objection",
        "operator": "isNoneOf",
        "rightOperand": [{"@id": "seloste:customer_care"}],
    }


def test_a_condition_keeps_its_form(house: Scene) -> None:
    *_, condition = permission(house, house.active(condition=SERVED_OR_ORDERING))["target"]["refinement"]
    either, consent = condition["and"]
    segment, order = either["or"]
    assert (segment["leftOperand"], segment["rightOperand"]) == ("seloste:fieldOfRecord", ["gold", "silver"])
    assert order["leftOperand"] == "seloste:recordOfPerson"
    assert order["seloste:about"] == {"@id": f"urn:uuid:{house.orders.fields['state']}"}
    assert consent["rightOperand"] == {"@id": "seloste:marketing"}


def test_a_revoked_policy_permits_until_it_was_revoked(house: Scene) -> None:
    policy_id = house.active()
    house.revoke(policy_id)
    *_, until = permission(house, policy_id)["constraint"]
    assert (until["leftOperand"], until["operator"]) == ("dateTime", "lt")
    with walled_session(house.group.system()) as session:
        revoked_at = reading.newest(session, policy_id).policy.revoked_at
    assert datetime.fromisoformat(until["rightOperand"]["@value"]) == revoked_at


def test_marketing_outside_the_group_is_prohibited_and_prohibitions_win(house: Scene) -> None:
    [policy] = exported(house, house.active())["@graph"]
    [denied] = policy["prohibition"]
    marketing, outside = denied["constraint"]
    assert policy["conflict"] == "prohibit"
    assert policy["seloste:whatIsNotPermitted"] == {"@id": "seloste:denied"}
    assert marketing["rightOperand"] == {"@id": "dpv:Marketing"}
    assert {one["@id"] for one in outside["rightOperand"]} == {
        f"urn:uuid:{one.company_id}" for one in (house.alfa, house.beta, house.gamma)
    }


def test_the_profile_explains_every_term_that_is_not_of_the_standards() -> None:
    explained = {one.id for one in odrl.profile(NAMESPACE).graph}
    assert explained == {f"seloste:{name}" for name in OWN}
