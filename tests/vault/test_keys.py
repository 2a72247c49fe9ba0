"""Published vectors through the library calls that the vault makes, then slots and key files."""

import hashlib
import hmac
import os
import string
import unicodedata

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from mfactl.errors import Code, MfactlError
from mfactl.vault import keys
from mfactl.vault.keys import (
    FLOOR,
    KEY_FILE,
    KEYRING,
    PASSPHRASE,
    PURPOSES,
    RECOMMENDED,
    Cost,
    Slot,
    SlotPlan,
)
from tests.vault.vaults import KEY, OTHER_KEY, VAULT_ID, refused

DATA_KEY = b"d" * 32


BRANCH = "b0" * 16


def slot_for(
    secret: bytes = KEY,
    cost: Cost | None = None,
    slot_id: str = "slot_one",
    *,
    kind: str | None = None,
) -> Slot:
    plan = SlotPlan(slot_id, kind or (KEY_FILE if cost is None else PASSPHRASE), cost, 7)
    return keys.wrap(DATA_KEY, secret, plan, vault_id=VAULT_ID)


def opened(slot: Slot, secret: bytes = KEY, vault_id: str = VAULT_ID) -> bytes | None:
    return keys.unwrap(slot, secret, vault_id=vault_id)


# --- vectors


def test_argon2id_gives_the_tag_of_rfc_9106_section_5_3() -> None:
    argon2 = Argon2id(
        salt=b"\x02" * 16,
        length=32,
        iterations=3,
        lanes=4,
        memory_cost=32,
        secret=b"\x03" * 8,
        ad=b"\x04" * 12,
    )

    assert argon2.derive(b"\x01" * 32).hex() == (
        "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    )


@pytest.mark.parametrize(
    ("key", "salt", "info", "okm"),
    [
        (
            b"\x0b" * 22,
            bytes(range(13)),
            bytes(range(0xF0, 0xFA)),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            bytes(range(0x50)),
            bytes(range(0x60, 0xB0)),
            bytes(range(0xB0, 0x100)),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
            "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
            "cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            b"\x0b" * 22,
            b"",
            b"",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ],
    ids=["A.1", "A.2", "A.3"],
)
def test_hkdf_gives_the_keys_of_rfc_5869(key: bytes, salt: bytes, info: bytes, okm: str) -> None:
    hkdf = HKDF(algorithm=SHA256(), length=len(okm) // 2, salt=salt, info=info)

    assert hkdf.derive(key).hex() == okm


def test_aes_256_gcm_gives_the_answer_of_mcgrew_and_viega_case_16() -> None:
    key = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
    nonce = bytes.fromhex("cafebabefacedbaddecaf888")
    plaintext = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    associated = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")

    sealed = AESGCM(key).encrypt(nonce, plaintext, associated)

    assert sealed.hex() == (
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    assert AESGCM(key).decrypt(nonce, sealed, associated) == plaintext


# --- sub-keys


def test_sub_keys_are_hkdf_of_the_data_key_with_vault_id_branch_and_purpose() -> None:
    salt = f"{VAULT_ID}\0{BRANCH}".encode()
    extracted = hmac.digest(salt, DATA_KEY, "sha256")  # RFC 5869, by hand

    assert PURPOSES == ("record", "event", "index", "sum", "header")
    for key, purpose in zip(keys.derive(DATA_KEY, VAULT_ID, BRANCH), PURPOSES, strict=True):
        assert key == hmac.digest(extracted, f"mfactl/v1/{purpose}\x01".encode(), "sha256")


def test_no_two_sub_keys_are_equal_nor_equal_to_those_of_another_vault_or_branch() -> None:
    here = keys.derive(DATA_KEY, VAULT_ID, BRANCH)
    there = keys.derive(DATA_KEY, "vault_there", BRANCH)
    restored = keys.derive(DATA_KEY, VAULT_ID, "b1" * 16)

    assert len({DATA_KEY, *here, *there, *restored}) == 16


def test_moving_text_from_the_vault_id_to_the_branch_gives_other_keys() -> None:
    assert not {*keys.derive(DATA_KEY, "ab", "c")} & {*keys.derive(DATA_KEY, "a", "bc")}


# --- slots


def test_a_key_file_slot_opens_with_its_key() -> None:
    slot = slot_for()

    assert (slot.kind, slot.cost, slot.created_at) == (KEY_FILE, None, 7)
    assert opened(slot) == DATA_KEY


def test_a_passphrase_slot_opens_with_its_passphrase() -> None:
    slot = slot_for(b"ten green bottles", FLOOR)

    assert (slot.kind, slot.cost) == (PASSPHRASE, FLOOR)
    assert opened(slot, b"ten green bottles") == DATA_KEY
    assert opened(slot, b"nine green bottles") is None


def test_a_keyring_slot_opens_with_its_key_and_needs_no_stretching() -> None:
    slot = slot_for(kind=KEYRING)

    assert (slot.kind, slot.cost) == (KEYRING, None)
    assert opened(slot) == DATA_KEY
    assert opened(slot, OTHER_KEY) is None


@pytest.mark.parametrize("kind", [KEY_FILE, KEYRING])
def test_a_key_that_needs_no_stretching_wraps_under_the_name_of_its_kind(kind: str) -> None:
    slot = slot_for(kind=kind)
    extracted = hmac.digest(slot.salt, KEY, "sha256")  # RFC 5869, by hand
    wrapping = hmac.digest(extracted, f"mfactl/v1/slot/{kind}\x01".encode(), "sha256")
    bound = f'["mfactl/slot",1,"{VAULT_ID}","slot_one","{kind}",7,null]'.encode()

    opened_by_hand = AESGCM(wrapping).decrypt(slot.wrapped[:12], slot.wrapped[12:], bound)
    assert opened_by_hand == DATA_KEY


def test_a_slot_does_not_open_with_another_key() -> None:
    assert opened(slot_for(), OTHER_KEY) is None
    assert opened(slot_for(), b"") is None


def test_a_slot_does_not_open_in_another_vault() -> None:
    assert opened(slot_for(), vault_id="vault_there") is None


def test_slots_do_not_open_under_each_others_ids() -> None:
    one, two = slot_for(slot_id="slot_one"), slot_for(slot_id="slot_two")

    assert opened(one._replace(id=two.id)) is None
    assert opened(two._replace(id=one.id)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"kind": PASSPHRASE},
        {"kind": KEYRING},
        {"created_at": 8},
        {"salt": b"s" * 16},
        {"salt": b""},
        {"cost": FLOOR},
        {"id": "slot_on"},
    ],
    ids=repr,
)
def test_a_slot_that_was_changed_does_not_open(change: dict[str, object]) -> None:
    assert opened(slot_for()._replace(**change)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "cost",
    [None, FLOOR._replace(memory_kib=19457), FLOOR._replace(iterations=3), Cost(19456, 2, 2)],
)
def test_a_passphrase_slot_does_not_open_with_other_parameters(cost: Cost | None) -> None:
    slot = slot_for(b"ten green bottles", FLOOR)

    assert opened(slot._replace(cost=cost), b"ten green bottles") is None


def test_a_slot_with_a_salt_too_short_for_argon2_does_not_open() -> None:
    assert opened(slot_for(b"ten green bottles", FLOOR)._replace(salt=b"salt"), b"") is None


def test_a_wrapped_key_with_any_byte_changed_or_cut_off_does_not_open() -> None:
    slot = slot_for()

    assert len(slot.wrapped) == 12 + 32 + 16
    for place in range(len(slot.wrapped)):
        spoilt = bytearray(slot.wrapped)
        spoilt[place] ^= 1
        assert opened(slot._replace(wrapped=bytes(spoilt))) is None
        assert opened(slot._replace(wrapped=slot.wrapped[:place])) is None


def test_the_same_key_is_never_wrapped_alike() -> None:
    slots = [slot_for() for _ in range(50)]

    assert len({slot.salt for slot in slots}) == 50
    assert len({slot.wrapped[:12] for slot in slots}) == 50


# --- parameters from a file


@pytest.mark.parametrize(
    "cost",
    [
        RECOMMENDED,
        FLOOR,
        Cost(19 * 1024, 1, 1),
        Cost(1024 * 1024, 16, 16),
    ],
)
def test_parameters_within_the_bounds_are_accepted(cost: Cost) -> None:
    assert keys.is_bounded(cost)


@pytest.mark.parametrize(
    "cost",
    [
        Cost(19 * 1024 - 1, 2, 1),
        Cost(1024 * 1024 + 1, 2, 1),
        Cost(19 * 1024, 0, 1),
        Cost(19 * 1024, 17, 1),
        Cost(19 * 1024, 2, 0),
        Cost(19 * 1024, 2, 17),
        Cost(-1, -1, -1),
        Cost(2**64, 2**64, 2**64),
    ],
)
def test_parameters_that_are_too_weak_or_absurd_are_not(cost: Cost) -> None:
    assert not keys.is_bounded(cost)


def test_the_parameters_are_those_of_the_standards() -> None:
    assert Cost(65536, 3, 4) == RECOMMENDED  # RFC 9106 section 4, second choice
    assert Cost(19456, 2, 1) == FLOOR  # OWASP password storage cheat sheet


# --- passphrases


def test_a_passphrase_is_one_however_its_letters_are_composed() -> None:
    composed, decomposed = "caf\u00e9 \ufb01ve", unicodedata.normalize("NFD", "caf\u00e9 \ufb01ve")

    assert composed != decomposed
    assert keys.passphrase_bytes(composed) == keys.passphrase_bytes(decomposed)
    assert keys.passphrase_bytes(composed) == "caf\u00e9 five".encode()


def test_a_passphrase_keeps_its_spaces_and_its_case() -> None:
    assert keys.passphrase_bytes(" Ten  Green ") == b" Ten  Green "


def test_a_passphrase_of_1024_characters_is_the_longest() -> None:
    assert len(keys.passphrase_bytes("x" * 1024)) == 1024
    with pytest.raises(MfactlError) as caught:
        keys.passphrase_bytes("x" * 1025)
    refusal = caught.value.refusals[0]
    assert (refusal.code, refusal.meta) == (Code.PASSWORD_TOO_LONG, {"param_name": "passphrase"})


def test_a_passphrase_that_is_no_unicode_text_is_still_bytes() -> None:
    assert keys.passphrase_bytes(os.fsdecode(b"\xff")) == b"\xed\xb3\xbf"


# --- key files


def line_of(key: bytes) -> str:
    checksum = hashlib.sha256(b"mfactl-key-1" + key).hexdigest()[:8]
    return f"mfactl-key-1 {key.hex()} {checksum}\n"


def test_a_new_key_file_holds_a_key_of_its_own() -> None:
    files = [keys.new_key_file() for _ in range(20)]
    held = {keys.parse_key_file(data) for data in files}

    assert len(held) == 20
    assert {len(key) for key in held} == {32}
    assert files[0].decode().splitlines()[-1] + "\n" == line_of(keys.parse_key_file(files[0]))


@pytest.mark.parametrize(
    "text",
    [
        line_of(KEY),
        line_of(KEY).rstrip("\n"),
        line_of(KEY).replace("\n", "\r\n"),
        "\n# a note\n   # another\n\n  " + line_of(KEY).replace(" ", "   ") + "\n\n# end",
        line_of(KEY).replace(KEY.hex(), KEY.hex().upper()),
        "# no ASCII: é\n" + line_of(KEY),
    ],
)
def test_a_key_file_may_have_comments_and_white_space(text: str) -> None:
    assert keys.parse_key_file(text.encode()) == KEY


WORD, KEY_WORD, CHECKSUM = line_of(KEY).split()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only a comment\n",
        WORD,
        f"{WORD} {KEY_WORD}",
        f"{WORD} {KEY_WORD} {CHECKSUM} more",
        f"mfactl-key-2 {KEY_WORD} {CHECKSUM}",
        f"{WORD} {KEY_WORD} 00000000",
        f"{WORD} {KEY_WORD} {CHECKSUM[:7]}",
        f"{WORD} {KEY_WORD} é{CHECKSUM[1:]}",
        f"{WORD} {'zz' * 32} {CHECKSUM}",
        f"{WORD} {KEY_WORD[:-1]} {CHECKSUM}",
        line_of(KEY[:31]),
        line_of(KEY + b"!"),
        line_of(b""),
        line_of(KEY) + line_of(KEY),
        "\ufeff" + line_of(KEY),
    ],
)
def test_a_key_file_that_is_not_whole_is_refused(text: str) -> None:
    with refused(Code.VAULT_KEY_INCORRECT):
        keys.parse_key_file(text.encode())


def test_a_key_file_that_is_cut_short_anywhere_is_refused() -> None:
    data = line_of(KEY).encode()

    for length in range(len(data) - 1):
        with refused(Code.VAULT_KEY_INCORRECT):
            keys.parse_key_file(data[:length])


def test_a_key_file_with_one_digit_changed_is_refused() -> None:
    line = line_of(KEY)

    for place in range(len(WORD) + 1, len(line) - 1):
        if line[place] in string.hexdigits:
            other = "0" if line[place] != "0" else "1"
            with refused(Code.VAULT_KEY_INCORRECT):
                keys.parse_key_file((line[:place] + other + line[place + 1 :]).encode())


# --- what is shown


def test_no_key_is_shown() -> None:
    derived = keys.derive(DATA_KEY, VAULT_ID, BRANCH)

    assert repr(derived) == str(derived) == "Keys(...)"
    assert DATA_KEY.hex() not in repr(slot_for())
