"""Facts on which several companies rely: one of them proposes, and whoever acts for the whole group decides."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from infra.embedded.postgres import Postgres
from tenants.acting import Acting
from tenants.companies.model import Contact, Role
from tenants.companies.permissions import NotPermitted
from tenants.database import walled_session
from tenants.errors import SeveralInvalid
from tenants.processors import agreements, cataloguing, proposals, refusals
from tenants.processors.model import Description, ProposalState
from tenants.processors.terms import Terms
from tenants.reminding import agenda
from tests import make
from tests.tenants.processors.scene import Scene, described, scene, today


@pytest.fixture
def house(database: Postgres) -> Scene:
    """Alfa and Beta have both agreed with Pilvi."""
    made = scene()
    made.draft()
    with walled_session(made.approver.acting(made.beta)) as session:
        agreements.draft(session, made.pilvi, "betan", Terms(valid_from=today()))
    return made


def known(house: Scene) -> Description:
    with walled_session(house.group.system()) as session:
        return cataloguing.description_of(cataloguing.get(session, house.pilvi))


def propose(house: Scene, by: Acting | None = None, *, reason: str = "Tiedote", **facts: object) -> UUID:
    with walled_session(by or house.approver.acting(house.alfa)) as session:
        said = replace(known(house), **(facts or {"name": "Pilvi Oyj"}))
        return proposals.propose(session, house.pilvi, said, reason=reason).proposal_id


def accept(house: Scene, proposal_id: UUID, by: Acting | None = None) -> None:
    with walled_session(by or house.admin.acting()) as session:
        proposals.accept(session, proposal_id)


def change(house: Scene, **facts: object) -> None:
    with walled_session(house.admin.acting()) as session:
        cataloguing.change(session, house.pilvi, replace(known(house), **facts))


def state(house: Scene, proposal_id: UUID) -> ProposalState:
    with walled_session(house.approver.acting(house.alfa)) as session:
        return proposals.get(session, proposal_id).row.state


def test_whoever_manages_no_processors_proposes_nothing(house: Scene) -> None:
    stranger = make.staff(house.group, (Role.REQUEST_HANDLER, house.alfa))
    with pytest.raises(NotPermitted):
        propose(house, stranger.acting(house.alfa))


def test_a_company_that_relies_on_nothing_of_it_proposes_nothing(house: Scene) -> None:
    gamma = make.company(house.group, "gamma")
    admin = make.staff(house.group, (Role.COMPANY_ADMIN, gamma))
    with pytest.raises(refusals.NothingRestsOnIt):
        propose(house, admin.acting(gamma))


def test_who_may_change_the_facts_needs_no_proposal(house: Scene) -> None:
    own = house.processor("oma")
    with (
        walled_session(house.approver.acting(house.alfa)) as session,
        pytest.raises(refusals.NoProposalNeeded),
    ):
        proposals.propose(session, own, described("oma", name="Uusi Oy"), reason="Tiedote")
    with pytest.raises(refusals.NoProposalNeeded):
        propose(house, house.admin.acting())


def test_a_sister_company_sees_nothing_of_a_proposal_and_decides_nothing(house: Scene) -> None:
    proposed = propose(house)
    for step in (proposals.get, proposals.accept, proposals.withdraw):
        with walled_session(house.approver.acting(house.beta)) as session, pytest.raises(refusals.NoSuchProposal):
            step(session, proposed)
    with walled_session(house.approver.acting(house.beta)) as session:
        assert proposals.listed(session) == []


def test_a_company_does_not_accept_its_own_proposal(house: Scene) -> None:
    proposed = propose(house)
    with pytest.raises(refusals.GroupDecides):
        accept(house, proposed, house.approver.acting(house.alfa))
    assert known(house).name == "Pilvi Oy"


def test_an_accepted_proposal_changes_what_it_names_and_nothing_else(house: Scene) -> None:
    proposed = propose(house, name="Pilvi Oyj", contact=Contact(email="uusi@pilvi.example"))
    change(house, countries=("FI", "SE"), contact=Contact(email="tietosuoja@pilvi.example", phone="+358 20 1"))
    accept(house, proposed)
    now = known(house)
    assert (now.name, now.contact.email, now.contact.phone) == ("Pilvi Oyj", "uusi@pilvi.example", "+358 20 1")
    assert now.countries == ("FI", "SE")
    assert state(house, proposed) is ProposalState.ACCEPTED
    with pytest.raises(refusals.ProposalSettled):
        accept(house, proposed)


def test_what_was_changed_otherwise_since_is_shown_as_such_and_never_applied(house: Scene) -> None:
    proposed = propose(house, name="Pilvi Oyj", country="SE")
    change(house, name="Pilvi Group Oy")
    with walled_session(house.admin.acting()) as session:
        assert proposals.get(session, proposed).outdated == {"name"}
    with pytest.raises(refusals.ProposalOutOfDate):
        accept(house, proposed)
    assert known(house).country == "FI"
    change(house, name="Pilvi Oyj")
    accept(house, proposed)
    assert known(house).country == "SE"


def test_whoever_looked_before_it_was_changed_accepts_nothing(house: Scene) -> None:
    proposed = propose(house)
    with walled_session(house.admin.acting()) as session:
        seen = cataloguing.looked_at(cataloguing.get(session, house.pilvi))
    change(house, domain="pilvi.example")
    with walled_session(house.admin.acting()) as session, pytest.raises(refusals.ProcessorChangedMeanwhile):
        proposals.accept(session, proposed, seen=seen)


def test_who_is_overtaken_after_they_have_read_changes_nothing(house: Scene) -> None:
    with walled_session(house.admin.acting()) as session:
        read = cataloguing.get(session, house.pilvi)
        seen, said = cataloguing.looked_at(read), cataloguing.description_of(read)
        change(house, domain="pilvi.example")
        with pytest.raises(refusals.ProcessorChangedMeanwhile):
            cataloguing.change(session, house.pilvi, replace(said, name="Toinen Oy"), seen=seen)
    assert (known(house).name, known(house).domain) == ("Pilvi Oy", "pilvi.example")


def test_a_declined_proposal_says_why_and_another_can_be_made(house: Scene) -> None:
    proposed = propose(house)
    with pytest.raises(refusals.AlreadyProposed):
        propose(house, country="SE")
    with walled_session(house.admin.acting()) as session, pytest.raises(refusals.NeedsReason):
        proposals.decline(session, proposed, reason=" ")
    with walled_session(house.admin.acting()) as session:
        proposals.decline(session, proposed, reason="Nimi on yhä sama")
    with walled_session(house.approver.acting(house.alfa)) as session:
        assert proposals.get(session, proposed).row.answer == "Nimi on yhä sama"
    assert known(house).name == "Pilvi Oy"
    assert state(house, propose(house, country="SE")) is ProposalState.OPEN


def test_its_company_withdraws_it_and_nobody_else(house: Scene) -> None:
    proposed = propose(house)
    with walled_session(house.admin.acting()) as session, pytest.raises(refusals.AnotherProposed):
        proposals.withdraw(session, proposed)
    with walled_session(house.approver.acting(house.alfa)) as session:
        proposals.withdraw(session, proposed)
    assert state(house, proposed) is ProposalState.WITHDRAWN


def test_nothing_and_nonsense_are_not_proposed(house: Scene) -> None:
    with pytest.raises(refusals.NothingProposed):
        propose(house, name=" Pilvi  Oy ")
    with pytest.raises(refusals.NeedsReason):
        propose(house, reason=" ")
    with pytest.raises(SeveralInvalid):
        propose(house, country="XX")
    house.processor("toinen", business_id="0830230-2")
    with pytest.raises(refusals.KnownOrganisation):
        propose(house, business_id="0830230-2")


def test_it_waits_on_the_agenda_of_the_group_and_of_no_company(house: Scene) -> None:
    proposed = propose(house)
    with walled_session(house.admin.acting()) as session:
        assert [one.about for one in agenda.proposed_changes(session)] == [proposed]
    with walled_session(house.approver.acting(house.alfa)) as session:
        assert agenda.proposed_changes(session) == []
    accept(house, proposed)
    with walled_session(house.admin.acting()) as session:
        assert agenda.proposed_changes(session) == []
