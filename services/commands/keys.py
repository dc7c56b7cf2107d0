"""`seloste keys`: the keys of a group, made anew while everything runs; and the master key's change."""

import argparse
from uuid import UUID

from sqlalchemy import select

from services.commands.subparsers import Subparsers
from tenants.acting import DatabaseRole, PurposeKind, sealer, system
from tenants.audit import trail
from tenants.companies.model import Company
from tenants.database import list_groups, walled_session
from tenants.groups import directory
from tenants.languages.speaking import DEFAULT, sentence, translate
from tenants.life import rotating, suspending
from tenants.life.model import KeyRotation
from tenants.registers import staging
from tenants.vault import keys, signing
from tenants.vault.model import GroupKey, SigningKey
from tenants.vault.signing import Use

BEGUN = sentence(
    "Version %(version)s of the group's key is there. It writes in %(minutes)s minutes; the rest is done by jobs."
)
SEALING = sentence("# keys that seal and digest: version, made, writes from (UTC)")
SIGNING = sentence("# keys that sign: use, key, made, retired (UTC)")
ROTATIONS = sentence("# rotations: version, begun, values sealed anew, people digested anew, ended or paused (UTC)")
REWRAPPED = sentence("%(count)s keys are under the master key of today now; none is left under the one before.")


def add(commands: Subparsers) -> None:
    area = commands.add_parser("keys", help="list the keys of a group, make them anew; change the master key")
    verbs = area.add_subparsers(required=True, metavar="VERB")
    _of_group(verbs, "list", "the versions of a group's keys, and how far a rotation is").set_defaults(run=_list)
    rotate = _of_group(verbs, "rotate", "a new key that seals and digests, or one that signs")
    rotate.add_argument("--signing", type=Use, choices=list(Use))
    rotate.set_defaults(run=_rotate)
    _of_group(verbs, "pause", "let a rotation rest").set_defaults(run=_pause)
    _of_group(verbs, "resume", "let a rotation go on").set_defaults(run=_resume)
    rewrap = verbs.add_parser("rewrap", help="wrap the keys of all groups by SELOSTE_MASTER_KEY anew")
    rewrap.set_defaults(run=_rewrap)


def _of_group(verbs: Subparsers, name: str, told: str) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=told)
    verb.add_argument("group", help="the group's short name, as in /g/NAME")
    return verb


def _list(chosen: argparse.Namespace) -> None:
    """Times are UTC."""
    with walled_session(system(_id_of(chosen.group))) as session:
        print(translate(DEFAULT, SEALING))
        for row in session.scalars(select(GroupKey).order_by(GroupKey.key_version)):
            print(f"{row.key_version}  {row.created_at:%Y-%m-%d %H:%M}  {row.writes_from:%Y-%m-%d %H:%M}")
        print(translate(DEFAULT, SIGNING))
        for key in session.scalars(select(SigningKey).order_by(SigningKey.key_id)):
            retired = f"  - {key.retired_at:%Y-%m-%d %H:%M}" if key.retired_at else ""
            print(f"{key.use}  {key.key_id}  {key.created_at:%Y-%m-%d %H:%M}{retired}")
        rotations = session.scalars(select(KeyRotation).order_by(KeyRotation.key_version)).all()
        if rotations:
            print(translate(DEFAULT, ROTATIONS))
        for one in rotations:
            done = f"{one.values_sealed}  {one.people_digested}  {one.finished_at or one.paused_at or ''}"
            print(f"-> {one.key_version}  {one.started_at:%Y-%m-%d %H:%M}  {done}".rstrip())


def _rotate(chosen: argparse.Namespace) -> None:
    group_id = _id_of(chosen.group)
    if chosen.signing is not None:
        _rotate_signing(group_id, chosen.signing)
        return
    with walled_session(system(group_id)) as session:
        version = rotating.rotate(session)
    print(translate(DEFAULT, BEGUN, version=version, minutes=rotating.SETTLES.seconds // 60))


def _rotate_signing(group_id: UUID, use: Use) -> None:
    """Only the sealer's role sees the private halves of the keys that sign the audit."""
    with walled_session(sealer(group_id) if use is Use.AUDIT else system(group_id)) as session:
        signer = signing.rotate_signing_key(session, use)
    with walled_session(system(group_id)) as session:
        trail.record(session, "group.signing_key_rotated", about="group", key=str(signer.key_id), use=use)
    print(f"{use}  {signer.key_id}")


def _pause(chosen: argparse.Namespace) -> None:
    with walled_session(system(_id_of(chosen.group))) as session:
        rotating.pause(session)


def _resume(chosen: argparse.Namespace) -> None:
    with walled_session(system(_id_of(chosen.group))) as session:
        rotating.go_on(session)


def _rewrap(_: argparse.Namespace) -> None:
    count = sum(_rewrap_group(group_id) for group_id in list_groups(DatabaseRole.RELAY))
    print(translate(DEFAULT, REWRAPPED, count=count))


def _rewrap_group(group_id: UUID) -> int:
    with walled_session(system(group_id)) as session, suspending.working_all_the_same(session):
        count = keys.rewrap(session) + signing.rewrap_signing_secrets(session)
        companies = session.scalars(select(Company.company_id)).all()
    for company_id in companies:
        keeping = system(group_id, company_id=company_id, purpose=PurposeKind.STORAGE)
        with walled_session(keeping) as session, suspending.working_all_the_same(session):
            count += staging.rewrap(session)
    with walled_session(sealer(group_id)) as session:
        return count + signing.rewrap_signing_secrets(session)


def _id_of(slug: str) -> UUID:
    return directory.find_group(directory.Kind.SLUG, slug, role=DatabaseRole.APP)
