"""The sealer: a process of its own with a role of its own, so that no one else can seal or sign the audit."""

import threading
from uuid import UUID

import structlog

from services.worker.heartbeat import beat
from tenants import walls
from tenants.acting import DatabaseRole, sealer
from tenants.audit import chain
from tenants.database import list_groups, walled_session
from tenants.vault.signing import Use, signing_key

log = structlog.get_logger()
EVERY = 3.0


def run(stop: threading.Event) -> None:
    """Seals every group's committed entries until told to stop."""
    walls.check(DatabaseRole.SEALER)
    log.info("sealer started")
    while not stop.is_set():
        beat()
        try:
            seal_all()
        except Exception as error:  # noqa: BLE001 - the next round tries again; what stays unsealed is not lost
            log.error("sealing failed", kind=type(error).__name__)
        stop.wait(EVERY)
    log.info("sealer ended")


def seal_all() -> int:
    return sum(seal_group(group_id) for group_id in list_groups(DatabaseRole.SEALER))


def seal_group(group_id: UUID) -> int:
    sealed = 0
    while True:
        with walled_session(sealer(group_id)) as session:
            batch = chain.seal(session, signing_key(session, Use.AUDIT)) if chain.anything_to_seal(session) else 0
        sealed += batch
        if batch < chain.AT_ONCE:
            return sealed
