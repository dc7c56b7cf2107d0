"""Keys without a database."""

import os
from collections.abc import Callable
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tenants.vault.keys import DerivedKeys, Keyring

IDEAFIX = UUID("01900000-0000-7000-8000-000000000001")


@pytest.fixture(scope="session")
def make_keyring() -> Callable[..., Keyring]:
    def make(group_id: UUID = IDEAFIX, *, live: tuple[int, ...] = (1,), retired: tuple[int, ...] = ()) -> Keyring:
        versions = {
            version: DerivedKeys(sealing=AESGCM(os.urandom(32)), digesting=os.urandom(32)) for version in live + retired
        }
        return Keyring(group_id=group_id, live=live, versions=versions)

    return make


@pytest.fixture(scope="session")
def keyring(make_keyring: Callable[..., Keyring]) -> Keyring:
    return make_keyring()
