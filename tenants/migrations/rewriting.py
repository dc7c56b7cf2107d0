"""A function of the door, changed in places: what stands in the catalogue is what the next step starts from."""

import sqlalchemy as sa
from alembic import op


def rewrite(function: str, places: list[tuple[str, str]]) -> None:
    """Each of the former texts, by the latter. Raises RuntimeError where one is not there."""
    op.execute("GRANT CREATE ON SCHEMA public TO seloste_door")
    op.execute("SET LOCAL ROLE seloste_door")
    asked = sa.text("SELECT pg_get_functiondef(CAST(:function AS regprocedure))")
    text = op.get_bind().execute(asked, {"function": function}).scalar_one()
    for before, after in places:
        if before not in text:
            raise RuntimeError(f"{function} is not what this migration changes")
        text = text.replace(before, after)
    op.get_bind().exec_driver_sql(text.replace("%", "%%"))
    op.execute("RESET ROLE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM seloste_door")


def back(places: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(after, before) for before, after in reversed(places)]
