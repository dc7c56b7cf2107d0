"""One request is one transaction, committed here and nowhere else, before the answer leaves."""

from collections.abc import AsyncGenerator

from anyio import to_thread
from litestar.di import NamedDependency
from sqlalchemy.orm import Session

from tenants.acting import Acting
from tenants.database import open_session


async def unit_of_work(acting: NamedDependency[Acting]) -> AsyncGenerator[Session, None]:
    """The `session` dependency of every door; the door says who acts.

    An asynchronous generator, because Litestar runs a synchronous one on the event loop. The only generator
    dependency of a request: with two, a refusal would arrive inside an ExceptionGroup.
    """
    session = open_session(acting)
    try:
        yield session
    except BaseException:
        await to_thread.run_sync(session.close)
        raise
    await to_thread.run_sync(_end, session)


def _end(session: Session) -> None:
    with session:
        session.commit()
