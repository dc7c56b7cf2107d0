"""Keys are made anew while people work, and nobody is missed, doubled or lost on the way."""

import base64
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Text, cast, func, select, update

from services import cli
from services.worker import sealing
from tenants import settings
from tenants.acting import auditor
from tenants.audit import exporting, trail, verifying
from tenants.database import walled_session
from tenants.errors import GroupSuspended
from tenants.life import rotating
from tenants.life.model import KeyRotation
from tenants.life.rotating import DESTROYED_AFTER, SETTLES, NoRotation, RotationUnderWay
from tenants.registers import checking, identifiers, imports, staging, writing
from tenants.registers.model import Identifier, Person, Record
from tenants.registers.sealed import seal_of
from tenants.registers.shapes import shape_of
from tenants.vault import wrapping
from tenants.vault.digests import IdentifierKind
from tenants.vault.keys import keyring
from tenants.vault.model import GroupKey
from tenants.vault.signing import Use, is_genuine, public_keys, signing_key
from tenants.vault.wrapping import NotUnwrapped
from tests import make
from tests.make import MadeGroup, MadeRegister
from tests.services.stage import IBAN, Stage, customer

pytestmark = pytest.mark.usefixtures("database", "storage")


@pytest.fixture
def customers() -> MadeRegister:
    return make.register(make.company(make.group()))


def begin(group: MadeGroup) -> None:
    with walled_session(group.system()) as session:
        rotating.rotate(session)


def wait(group: MadeGroup, time: timedelta) -> None:
    """So much time passes for the new key."""
    with walled_session(group.system()) as session:
        newest = select(func.max(GroupKey.key_version)).scalar_subquery()
        session.execute(
            update(GroupKey).where(GroupKey.key_version == newest).values(writes_from=GroupKey.writes_from - time)
        )


def work(group: MadeGroup) -> datetime | None:
    return rotating.work(group.group_id)


def whole(group: MadeGroup) -> None:
    begin(group)
    wait(group, 2 * SETTLES + DESTROYED_AFTER)
    assert work(group) is None


def found(of: MadeRegister, email: str) -> list[UUID]:
    with walled_session(of.company.system()) as session:
        return identifiers.find(session, IdentifierKind.EMAIL, email)


def versions(of: MadeRegister) -> set[int]:
    with walled_session(of.company.system()) as session:
        return set(session.scalars(select(Identifier.key_version)))


def test_a_person_is_found_at_every_step_and_the_former_key_is_gone_in_the_end(customers: MadeRegister) -> None:
    group = customers.company.group
    person = customer(customers, "aino@esimerkki.example", "1")
    begin(group)
    assert found(customers, "aino@esimerkki.example") == [person]
    early = customer(customers, "early@esimerkki.example", "2")
    assert versions(customers) == {1}
    wait(group, SETTLES)
    late = customer(customers, "late@esimerkki.example", "3")
    assert versions(customers) == {1, 2}
    for email, one in (("aino", person), ("early", early), ("late", late)):
        assert found(customers, f"{email}@esimerkki.example") == [one]
    wait(group, SETTLES)
    assert work(group) is not None  # codes and sessions of the former key may live still
    assert versions(customers) == {2}
    for email, one in (("aino", person), ("early", early), ("late", late)):
        assert found(customers, f"{email}@esimerkki.example") == [one]
    wait(group, DESTROYED_AFTER)
    assert work(group) is None
    with walled_session(group.system()) as session:
        assert session.scalars(select(GroupKey.key_version)).all() == [2]
    with walled_session(customers.company.system()) as session:
        assert identifiers.find_by_name(session, "esimerkki aino", limit=9) == sorted([person, early, late])
        shape = shape_of(session, customers.register_id)
        record_id, data = session.execute(
            select(Record.record_id, cast(Record.data, Text)).where(Record.person_id == person)
        ).one()
        assert seal_of(keyring(session), shape).open(record_id, data)[str(customers.fields["iban"])] == IBAN


def test_everything_that_was_sealed_opens_afterwards(built: Stage) -> None:
    group = built.group
    whole(group)
    for unit in rotating._units(group.group_id):
        assert rotating._left(unit) == 0
    with walled_session(group.system()) as session:
        assert session.scalars(select(KeyRotation.values_sealed)).one() > 0
        assert keyring(session).versions.keys() == {2}


def test_whoever_reads_the_keys_while_the_new_one_waits_writes_with_the_former(customers: MadeRegister) -> None:
    begin(customers.company.group)
    with walled_session(customers.company.group.system()) as session:
        assert keyring(session).live == (1, 2)
    wait(customers.company.group, SETTLES)
    with walled_session(customers.company.group.system()) as session:
        assert keyring(session).live == (2, 1)


def content(numbers: range) -> Iterator[bytes]:
    yield b"customer_number;name;email\n"
    for number in numbers:
        yield f"{number};Asiakas {number};a{number}@esimerkki.example\n".encode()


def import_of(of: MadeRegister, numbers: range) -> UUID:
    acting = of.company.system()
    with walled_session(acting) as session:
        import_id = imports.expect(session, of.register_id, source="kassa")
    staged = staging.stage(of.company.group.group_id, import_id, content(numbers))
    with walled_session(acting) as session:
        imports.receive(session, of.register_id, source="kassa", staged=staged)
    checking.check(acting, import_id, staging.source_of(acting, import_id))
    with walled_session(acting) as session:
        imports.approve(session, import_id, keep_good=True)
    return import_id


def write(of: MadeRegister, import_id: UUID) -> None:
    acting = of.company.system()
    assert writing.write(acting, import_id, staging.source_of(acting, import_id))


def test_imports_at_every_step_make_nobody_twice(customers: MadeRegister) -> None:
    """The same people are read in before, between and after; a file that waits meanwhile is read with the new key."""
    group = customers.company.group
    write(customers, import_of(customers, range(40)))
    waiting = import_of(customers, range(60))
    begin(group)
    write(customers, import_of(customers, range(30, 50)))
    wait(group, SETTLES)
    write(customers, waiting)
    wait(group, SETTLES)
    work(group)
    write(customers, import_of(customers, range(70)))
    with walled_session(customers.company.system()) as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 70


def test_whoever_goes_on_after_a_kill_begins_where_it_stopped(
    customers: MadeRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = customers.company.group
    people = [customer(customers, f"a{number}@esimerkki.example", str(number)) for number in range(7)]
    begin(group)
    wait(group, 2 * SETTLES + DESTROYED_AFTER)
    monkeypatch.setattr(rotating, "AT_ONCE", 2)
    assert rotating.work(group.group_id, rest_after=timedelta(microseconds=1)) is not None
    with walled_session(group.system()) as session:
        assert session.scalars(select(KeyRotation.cursor)).one() is not None
    rounds = 0
    while rotating.work(group.group_id, rest_after=timedelta(microseconds=1)) is not None:
        rounds += 1
        for number, person in enumerate(people):
            assert found(customers, f"a{number}@esimerkki.example") == [person]
    assert rounds > 5
    assert versions(customers) == {2}


def test_it_rests_while_it_is_paused(customers: MadeRegister) -> None:
    group = customers.company.group
    customer(customers, "aino@esimerkki.example", "1")
    begin(group)
    wait(group, 2 * SETTLES + DESTROYED_AFTER)
    with walled_session(group.system()) as session:
        rotating.pause(session)
    assert work(group) is None
    assert versions(customers) == {1}
    with walled_session(group.system()) as session:
        rotating.go_on(session)
    assert work(group) is None
    assert versions(customers) == {2}


def test_two_rotations_at_once_are_refused_and_one_after_the_other_is_not(customers: MadeRegister) -> None:
    group = customers.company.group
    with pytest.raises(NoRotation), walled_session(group.system()) as session:
        rotating.pause(session)
    begin(group)
    with pytest.raises(RotationUnderWay):
        begin(group)
    wait(group, 2 * SETTLES + DESTROYED_AFTER)
    assert work(group) is None
    whole(group)
    with walled_session(group.system()) as session:
        assert session.scalars(select(GroupKey.key_version)).all() == [3]


def test_what_was_signed_before_verifies_after_the_signing_keys_are_new(customers: MadeRegister) -> None:
    group = customers.company.group
    with walled_session(group.system()) as session:
        trail.record(session, "person.read", about="person")
        before = signing_key(session, Use.ARCHIVE)
    sealing.seal_group(group.group_id)
    for use in Use:
        assert cli.main(["keys", "rotate", group.slug, "--signing", use]) == 0
    sealing.seal_group(group.group_id)
    with walled_session(auditor(group.group_id)) as session:
        published = {key.key_id: key.public for key in public_keys(session, Use.AUDIT)}
        verified = verifying.verify(exporting.lines(session), published)
    assert (len(published), verified.entries, verified.signed) == (2, 4, 4)
    with walled_session(group.system()) as session:
        after = signing_key(session, Use.ARCHIVE)
        archive = {key.key_id: key.public for key in public_keys(session, Use.ARCHIVE)}
    assert before.key_id != after.key_id
    assert is_genuine(archive[before.key_id], before.sign(b"archive"), b"archive")


def test_the_master_key_is_changed_while_both_are_there_and_then_the_former_opens_nothing(
    customers: MadeRegister, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = customers.company.group
    resting = make.register(make.company(make.group()))
    waiting = import_of(resting, range(3))
    assert cli.main(["group", "suspend", resting.company.group.slug, "--reason", "not_paid"]) == 0
    person = customer(customers, "aino@esimerkki.example", "1")
    former = settings.current().master_key
    newer = base64.b64encode(secrets.token_bytes(32)).decode()
    with_keys(monkeypatch, newer, former)
    assert found(customers, "aino@esimerkki.example") == [person]
    assert cli.main(["keys", "rewrap"]) == 0
    with_keys(monkeypatch, newer, "")
    assert found(customers, "aino@esimerkki.example") == [person]
    with pytest.raises(GroupSuspended):
        found(resting, "a1@esimerkki.example")
    assert cli.main(["group", "resume", resting.company.group.slug]) == 0
    assert len(list(staging.source_of(resting.company.system(), waiting)())) > 0
    with walled_session(group.system()) as session:
        row = session.scalars(select(GroupKey)).one()
    with_keys(monkeypatch, former, "")
    with pytest.raises(NotUnwrapped):
        wrapping.unwrap(row.wrapped, group_id=group.group_id, name="group key 1")
    # What other tests of this process made is under the key that they began with.
    with_keys(monkeypatch, former, newer)
    assert cli.main(["keys", "rewrap"]) == 0
    monkeypatch.undo()
    forget()


def with_keys(monkeypatch: pytest.MonkeyPatch, now: str, before: str) -> None:
    monkeypatch.setenv("SELOSTE_MASTER_KEY", now)
    monkeypatch.setenv("SELOSTE_MASTER_KEY_BEFORE", before)
    forget()


def forget() -> None:
    settings.current.cache_clear()
    wrapping._cipher.cache_clear()
    wrapping._ciphers_before.cache_clear()


def test_the_list_shows_versions_and_the_rotation(customers: MadeRegister, capsys: pytest.CaptureFixture[str]) -> None:
    slug = customers.company.group.slug
    assert cli.main(["keys", "rotate", slug]) == 0
    assert cli.main(["keys", "pause", slug]) == 0
    assert cli.main(["keys", "resume", slug]) == 0
    assert cli.main(["keys", "list", slug]) == 0
    shown = capsys.readouterr().out
    assert f"\n1  {datetime.now(UTC):%Y}" in shown
    assert "\n-> 2  " in shown
