import struct
from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from tenants.vault.keys import Keyring
from tenants.vault.sealing import Place, Tampered, key_version, seal, unseal

ADAS_HETU = Place("record", UUID(int=1), "hetu", UUID(int=2))

ids = st.uuids()
places = st.builds(Place, st.text(max_size=20), ids, st.text(max_size=40), st.none() | ids)


@given(places, st.binary(max_size=300))
def test_what_was_sealed_opens_in_its_place(keyring: Keyring, place: Place, clear: bytes) -> None:
    sealed = seal(keyring, place, clear)
    assert unseal(keyring, place, sealed) == clear
    assert len(sealed) == len(clear) + 31


@given(places, places, st.binary(max_size=60))
def test_a_value_moved_to_another_place_does_not_open(
    keyring: Keyring, place: Place, other: Place, clear: bytes
) -> None:
    assume(place != other)
    with pytest.raises(Tampered):
        unseal(keyring, other, seal(keyring, place, clear))


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(ADAS_HETU, context="request"),
        replace(ADAS_HETU, row_id=UUID(int=3)),
        replace(ADAS_HETU, field="iban"),
        replace(ADAS_HETU, company_id=UUID(int=4)),
        replace(ADAS_HETU, company_id=None),
        replace(ADAS_HETU, context="recor", field="dhetu"),
    ],
)
def test_every_part_of_the_place_is_bound(keyring: Keyring, elsewhere: Place) -> None:
    with pytest.raises(Tampered):
        unseal(keyring, elsewhere, seal(keyring, ADAS_HETU, b"131052-908T"))


@given(clear=st.binary(max_size=60), data=st.data())
def test_a_changed_byte_does_not_open(keyring: Keyring, clear: bytes, data: st.DataObject) -> None:
    sealed = bytearray(seal(keyring, ADAS_HETU, clear))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Tampered):
        unseal(keyring, ADAS_HETU, bytes(sealed))


@given(clear=st.binary(max_size=60), data=st.data())
def test_a_cut_value_does_not_open(keyring: Keyring, clear: bytes, data: st.DataObject) -> None:
    sealed = seal(keyring, ADAS_HETU, clear)
    with pytest.raises(Tampered):
        unseal(keyring, ADAS_HETU, sealed[: data.draw(st.integers(0, len(sealed) - 1))])


@given(st.binary(max_size=60))
def test_noise_does_not_open(keyring: Keyring, noise: bytes) -> None:
    with pytest.raises(Tampered):
        unseal(keyring, ADAS_HETU, noise)


def test_another_groups_key_does_not_open(keyring: Keyring, make_keyring: Callable[..., Keyring]) -> None:
    with pytest.raises(Tampered):
        unseal(make_keyring(UUID(int=9)), ADAS_HETU, seal(keyring, ADAS_HETU, b"x"))


def test_the_group_is_bound_even_under_the_same_key(keyring: Keyring) -> None:
    with pytest.raises(Tampered):
        unseal(replace(keyring, group_id=UUID(int=9)), ADAS_HETU, seal(keyring, ADAS_HETU, b"x"))


def test_the_newest_live_key_seals_and_older_ones_still_open(make_keyring: Callable[..., Keyring]) -> None:
    rotated = make_keyring(live=(3, 2), retired=(1,))
    before = replace(rotated, live=(1,))
    sealed_before, sealed_now = seal(before, ADAS_HETU, b"old"), seal(rotated, ADAS_HETU, b"new")
    assert (key_version(sealed_before), key_version(sealed_now)) == (1, 3)
    assert unseal(rotated, ADAS_HETU, sealed_before) == b"old"
    assert unseal(rotated, ADAS_HETU, sealed_now) == b"new"


def test_a_value_whose_key_is_gone_never_opens(make_keyring: Callable[..., Keyring]) -> None:
    rotated = make_keyring(live=(2, 1))
    sealed = seal(replace(rotated, live=(1,)), ADAS_HETU, b"x")
    del rotated.versions[1]
    with pytest.raises(Tampered):
        unseal(rotated, ADAS_HETU, sealed)


def test_claiming_another_key_version_does_not_open(make_keyring: Callable[..., Keyring]) -> None:
    rotated = make_keyring(live=(2, 1))
    sealed = seal(rotated, ADAS_HETU, b"x")
    with pytest.raises(Tampered):
        unseal(rotated, ADAS_HETU, sealed[:1] + struct.pack(">H", 1) + sealed[3:])


def test_the_same_value_never_looks_the_same_twice(keyring: Keyring) -> None:
    assert seal(keyring, ADAS_HETU, b"x") != seal(keyring, ADAS_HETU, b"x")
