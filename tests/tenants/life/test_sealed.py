"""What is sealed under a group's keys is known by place, so that all of it can be opened and sealed anew."""

from typing import Any

from psycopg import Connection

from tenants.life import sealed


def test_every_sealed_column_of_the_catalogue_is_known(admin: Connection[Any]) -> None:
    """A new one belongs into tenants/life/sealed.py, or a rotation of keys would leave it behind."""
    found = admin.execute("""
        SELECT table_name, column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND data_type = 'bytea'
           AND (column_name LIKE 'sealed%' OR column_name LIKE 'wrapped%')
    """).fetchall()
    known = {(one.table, one.column) for one in sealed.COLUMNS}
    assert set(found) == known | sealed.OF_THE_MASTER_KEY
