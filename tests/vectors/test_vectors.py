"""The frozen vaults: each is opened, or refused for its reason, by this and every later version.

By the product, and by the reader that was written from docs/vault-format.md alone. `make.py` says
how they were made; a later format adds vectors and changes none.
"""

import gzip
import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag

from mfactl.errors import MfactlError
from mfactl.vault.check import check
from mfactl.vault.header import Secret
from mfactl.vault.keys import KEY_FILE, KEYRING, PASSPHRASE, passphrase_bytes
from mfactl.vault.scan import Scan
from tests.vault.reader import read
from tests.vault.vaults import opened
from tests.vectors.make import VECTORS

FOLDER = Path(__file__).parent
ARGUMENTS = {KEY_FILE: "key", PASSPHRASE: "passphrase", KEYRING: "keyring"}
FROZEN: dict[str, str] = {
    "account-missing": "cf860e07eb1e1933332c0bb8ca413bb52653356a1afe07af8487e0c16b547147",
    "account-put-back": "de5552cc6ef86b1b829673d67b360a9393c648f93cc285cdaa8457b1e2fe589e",
    "broken-seal": "9c795f17b9a587f0a54746eeeb09e29845f5d5f0deabf4ddc7be1df0c1ef1111",
    "client-missing": "d205e9b267d5bc1e6e338ce7d2ffdccfa9b9926306d13b9dfbebcbac38e51169",
    "cost-absurd": "fb8d32cff33027eaecd013fad76bba8633b3829287887f80c9c26029f4119c03",
    "cost-changed": "e1377c1e5230ff860afafe54f480d03fe71b46117f204cb3bf91ce7dc4eee093",
    "cost-lowered": "7e9bff044f4bc605c8448e85e80e229fc8ebbfcf9f957b9751c0427b438d6a4c",
    "cut-short": "e95e7df50a3981c57d1fec5dc78d8c504d237f44d3e02ffd6d6c76c6f23d1fd7",
    "event-missing": "43f33bfba9544b2fbaff5a44c4fa5d0c0cfb4ed0801f2c99f92e904c834e8eb7",
    "events-cut": "c7be5f3363bd31aafaf024d6abf551b8fb95728d617a88d371d60f45046cdfce",
    "events-exchanged": "c88a389e5adc80f6c48237ef3b634c83aeb7a4080a5effc52578a0628c2711ae",
    "for-tests": "19484e2cff4b364f3d43d9d19a808a8e722b27b7bedb1f0615b6fce3a062a4ce",
    "furnished": "4f252a1cd468ba069de1f4ed1f107f6570c7ee08a5fd36327f3ea90e0487e095",
    "head-put-back": "8f1bd064b02125c2b36b40d107e25704c60d078464d3a7794ed4542ce046c3b8",
    "index-missing": "b250d8fc98fd2088513585047a5e06cd81d62b879414273df7bff012c4047191",
    "index-value-changed": "87fc54db14dc0cc3c68814dc69b77c1a32be8a9b701e9eb6fb4b043510ccbc58",
    "later-format": "4fd8b2ed7348318076356846f1f17d6c62d07ea6a4ba5b2ae223f79072453442",
    "new": "a27367f4b4578602ab6381712e32b7ebe781c0e97fa9d496664a3b6eb19b3b94",
    "no-head": "362e2c99fdd5a04e3c1dc410fcb0d253a0c0a55dbebceda12ca7173158c3098e",
    "no-pepper": "dc6c1af897dfccaa7a49cbe874912ea3a315111cc0f5d978dd50cf66495d8355",
    "no-slots": "28088d61ec968c40048f8f0506ccd1585740963b16b0f95f4de44f000d3a6d41",
    "no-vault": "a4532ee650c79a197b742c455a83341234abdff0772adc0bf7155a94bb85bd26",
    "of-another-program": "4b9b0aec78f4ae31bedfc9b6fae8afeac59934f2a052b81462f4e156559950cf",
    "older-header": "ce1478f4e8f0266103a115f293228472abba43407765f5d1f35b1cf55b609190",
    "other-algorithms": "f14944b5f0c291ba37c0e9e6b0d038b0e62be37543a98fb658d0b24020f2f0bb",
    "other-branch": "ec76694f76c9a14c40a43cb34081649a819bbb3cb6f9f84a5a514160ce937817",
    "other-magic": "3960101b37c4995932116ccbe3b8726c9f8e7153443f46f8cb153de3f25b17b1",
    "other-vault-id": "e8cae7526fb60920faf4cc457a9769fcad0f57dbf574028db6f03aab76d3c6e2",
    "passphrase": "90bc64fd377d18e0e8af1601afa518891ddfef6367719338e10b29cce12c69ad",
    "planted-trigger": "7cc598a960bd0b20f47e67d90d1e457385046a5fbe680f6836747f7b079ba336",
    "planted-view": "0a36e549ce9b3348461a6b32357d642c70893cdda04502878362a78e77ace2b3",
    "restored": "9966ce1f91c9da1d52d6c170366fc42c4541cc577d30acca331dbd7d09c087c2",
    "rotated": "20075323248a754391a386190c0c7836438ea76b2d6d58e21ab1ed5e223162b7",
    "row-of-another-vault": "393f21e88e557e09f0ae78c6cdfa8b5e06606323f51ba9380f6668b31b5d0edf",
    "slots-exchanged": "108ceb2c89c3f29ea80a3e846f15bef3cd47835c219e0705d992d4b67d0b5ff0",
    "test-switched-on": "6aa8a80a8f1ad08e6803346f62af7d2751ba392bbcb42dfef15c6e7bd3db83c6",
    "three-slots": "f220484f55a4883b4696de08a1af6ef7643ada06f75eb7f9e0fda49fa8ca00c6",
    "wrong-key": "e74ff7080b375fe9deb7fa41c1b410b2e826bc82e7e54109f310b0915da52a97",
    "wrong-passphrase": "1ae867988babdad9b40f97b227a5c0fc7dd9ed10d4db1e600e44df888e4c722a",
}


def told(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    return document


def secrets(name: str) -> list[tuple[str, bytes]]:
    """The kinds of slot, and what is tried on them."""
    return [
        (kind, passphrase_bytes(text) if kind == PASSPHRASE else bytes.fromhex(text))
        for kind, text in told(name)["secrets"].items()
    ]


@pytest.fixture
def vault(name: str, tmp_path: Path) -> Path:
    path = tmp_path / "vault.db"
    path.touch(mode=0o600)
    path.write_bytes(gzip.decompress((FOLDER / f"{name}.db.gz").read_bytes()))
    return path


every = pytest.mark.parametrize("name", sorted(FROZEN))
good = pytest.mark.parametrize("name", sorted(n for n in FROZEN if told(n)["expect"] == "ok"))
bad = pytest.mark.parametrize("name", sorted(n for n in FROZEN if told(n)["expect"] != "ok"))


@every
def test_a_vector_is_what_it_always_was(name: str) -> None:
    data = gzip.decompress((FOLDER / f"{name}.db.gz").read_bytes())
    whole = data + (FOLDER / f"{name}.json").read_bytes()
    assert hashlib.sha256(whole).hexdigest() == FROZEN[name]


def test_every_vector_is_frozen_and_every_frozen_one_is_there() -> None:
    names = {path.name.removesuffix(".db.gz") for path in FOLDER.glob("*.db.gz")}
    assert names == set(FROZEN) == {vector.name for vector in VECTORS}
    assert names == {path.stem for path in FOLDER.glob("*.json")}


@good
def test_a_good_vector_opens_with_each_secret_and_holds_what_it_held(
    name: str, vault: Path
) -> None:
    for kind, secret in secrets(name):
        with opened(vault, lambda _, k=kind, s=secret: Secret(k, s, "It")) as found:  # type: ignore[misc]
            assert check(found).findings == ()
            with found.reading() as transaction:
                events = [mark.hash for _, mark in Scan.within(transaction).events()]
                records = {
                    f"{p.kind} {p.id}": p.version for p, _ in Scan.within(transaction).records()
                }
        assert (events, records) == (told(name)["events"], told(name)["records"])


@good
def test_the_independent_reader_reads_a_good_vector(name: str, vault: Path) -> None:
    for kind, secret in secrets(name):
        seen = read(vault, **{ARGUMENTS[kind]: secret})
        assert seen.hashes == told(name)["events"]
        assert {" ".join(p): v for p, v in seen.versions.items()} == told(name)["records"]


@bad
def test_a_bad_vector_is_refused_for_its_reason(name: str, vault: Path) -> None:
    """By any command where it says so; else at least by `vault check`."""
    ((kind, secret),) = secrets(name)
    codes: list[str] = []
    try:
        with opened(vault, lambda _: Secret(kind, secret, "It")) as found:
            with found.reading():
                opens = True
            codes = ["vault_corrupt"] * bool(check(found).findings)
    except MfactlError as error:
        opens = False
        codes = [error.refusals[0].code]
    assert codes == [told(name)["expect"]]
    assert opens == (told(name)["noticed_by"] == "check")


@bad
def test_the_independent_reader_refuses_a_bad_vector(name: str, vault: Path) -> None:
    ((kind, secret),) = secrets(name)
    with pytest.raises((AssertionError, InvalidTag, sqlite3.Error, ValueError)):
        read(vault, **{ARGUMENTS[kind]: secret})
