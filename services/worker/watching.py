"""Looks, every few seconds, whether recipients with webhooks have something to be told: only they are looked for."""

from contextlib import suppress
from uuid import UUID

from tenants.acting import DatabaseRole, PurposeKind, system
from tenants.database import list_groups, walled_session
from tenants.errors import GroupSuspended
from tenants.webhooks import watching


def look_around() -> None:
    for group_id in list_groups(DatabaseRole.RELAY):
        with suppress(GroupSuspended):
            _look_in(group_id)


def _look_in(group_id: UUID) -> None:
    with walled_session(system(group_id)) as session:
        companies = watching.watched(session)
    for company_id in companies:
        with walled_session(system(group_id, company_id=company_id, purpose=PurposeKind.STORAGE)) as session:
            watching.look(session)
