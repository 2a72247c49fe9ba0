"""The client file: tokens and marks of several vaults, shared by several processes."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mfactl.client_file import NOTHING_SEEN, ClientFile, Seen
from mfactl.errors import Code, MfactlError

HERE, ELSEWHERE = "vault_here", "vault_elsewhere"
FIRST, SECOND, THIRD = "11" * 32, "22" * 32, "33" * 32


@pytest.fixture
def client(tmp_path: Path) -> ClientFile:
    return ClientFile(tmp_path / "state" / "client.toml")


def test_nothing_is_seen_where_there_is_no_file(client: ClientFile) -> None:
    assert client.load(HERE) == NOTHING_SEEN
    assert not client.path.parent.exists()


def test_a_token_stands_beside_the_known_one_until_the_next_is_offered(
    client: ClientFile,
) -> None:
    client.offer_token(HERE, None, FIRST)
    assert client.load(HERE) == Seen((FIRST,))
    client.offer_token(HERE, FIRST, SECOND)
    assert client.load(HERE) == Seen((FIRST, SECOND))
    client.offer_token(HERE, SECOND, THIRD)
    assert client.load(HERE) == Seen((SECOND, THIRD))


def test_an_offer_that_the_vault_never_took_is_replaced(client: ClientFile) -> None:
    client.offer_token(HERE, None, FIRST)
    client.offer_token(HERE, FIRST, SECOND)  # and the transaction failed
    client.offer_token(HERE, FIRST, THIRD)
    assert client.load(HERE) == Seen((FIRST, THIRD))


def test_the_mark_only_advances(client: ClientFile) -> None:
    client.advance(HERE, 7, "aa")
    client.advance(HERE, 5, "bb")
    client.advance(HERE, 7, "cc")
    assert client.load(HERE) == Seen((), 7, "aa")
    client.advance(HERE, 8, "dd")
    assert client.load(HERE) == Seen((), 8, "dd")


def test_a_forgotten_token_leaves_the_mark(client: ClientFile) -> None:
    client.offer_token(HERE, None, FIRST)
    client.advance(HERE, 7, "aa")
    client.forget_tokens(HERE, (FIRST,))
    assert client.load(HERE) == Seen((), 7, "aa")


def test_a_token_that_another_process_put_there_meanwhile_is_not_forgotten(
    client: ClientFile,
) -> None:
    client.offer_token(HERE, None, FIRST)
    ClientFile(client.path).offer_token(HERE, FIRST, SECOND)
    client.forget_tokens(HERE, (FIRST,))
    assert client.load(HERE).tokens == (FIRST, SECOND)


def test_two_vaults_share_one_file_and_know_nothing_of_each_other(client: ClientFile) -> None:
    client.offer_token(HERE, None, FIRST)
    client.advance(ELSEWHERE, 3, "ee")
    client.offer_token(ELSEWHERE, None, SECOND)
    client.forget_tokens(HERE, (FIRST,))
    assert client.load(HERE) == NOTHING_SEEN
    assert client.load(ELSEWHERE) == Seen((SECOND,), 3, "ee")


def test_the_file_and_its_directory_are_private_whatever_the_umask(client: ClientFile) -> None:
    before = os.umask(0)
    try:
        client.offer_token(HERE, None, FIRST)
        client.advance(HERE, 1, "aa")
    finally:
        os.umask(before)
    assert client.path.stat().st_mode & 0o777 == 0o600
    assert client.path.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_is_replaced_whole_and_only_when_something_changed(client: ClientFile) -> None:
    client.advance(HERE, 7, "aa")
    first = client.path.stat().st_ino
    client.advance(HERE, 7, "aa")
    client.forget_tokens(HERE, (FIRST,))
    assert client.path.stat().st_ino == first
    client.advance(HERE, 8, "bb")
    assert client.path.stat().st_ino != first
    assert list(client.path.parent.iterdir()) == [client.path]


def test_what_eight_write_at_once_is_all_there(client: ClientFile) -> None:
    def write(place: int) -> None:
        mine = ClientFile(client.path)
        mine.offer_token(f"vault_{place}", None, f"{place}0" * 32)
        for number in (place + 1, 10 - place, 20 + place):
            mine.advance(HERE, number, f"{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert client.load(HERE) == Seen((), 27, "27")
    for place in range(8):
        assert client.load(f"vault_{place}").tokens == (f"{place}0" * 32,)
    assert list(client.path.parent.iterdir()) == [client.path]


DAMAGED = {
    "no TOML": "{",
    "no text": "\udcff",
    "no end": "[" * 5000,
    "no table": f"{HERE} = 3",
    "a list": f"{HERE} = [1]",
    "no tokens": f"[{HERE}]\nnumber = 1\nhash = 'aa'",
    "tokens that are text": f"[{HERE}]\ntokens = 'abc'\nnumber = 1\nhash = 'aa'",
    "tokens that are numbers": f"[{HERE}]\ntokens = [1]\nnumber = 1\nhash = 'aa'",
    "tokens that are no hexadecimal digits": f"[{HERE}]\ntokens = ['zz']\nnumber = 1\nhash = ''",
    "three tokens": f"[{HERE}]\ntokens = ['11', '22', '33']\nnumber = 1\nhash = 'aa'",
    "a number that is text": f"[{HERE}]\ntokens = []\nnumber = '1'\nhash = 'aa'",
    "a number that is a truth": f"[{HERE}]\ntokens = []\nnumber = true\nhash = 'aa'",
    "a hash that is a number": f"[{HERE}]\ntokens = []\nnumber = 1\nhash = 2",
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_damaged_file_is_told_and_not_touched(client: ClientFile, what: str) -> None:
    client.advance(HERE, 1, "aa")
    client.path.write_bytes(DAMAGED[what].encode(errors="surrogateescape"))
    before = client.path.read_bytes()
    for act in (
        lambda: client.load(HERE),
        lambda: client.offer_token(HERE, None, FIRST),
        lambda: client.advance(HERE, 9, "bb"),
    ):
        with pytest.raises(MfactlError) as caught:
            act()
        (refusal,) = caught.value.refusals
        assert refusal.code is Code.IO_ERROR
        assert str(client.path) in refusal.long_message
        assert "Delete it and sign in again" in refusal.next_step
    assert client.path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_file_that_others_could_read_or_write_is_refused(client: ClientFile, mode: int) -> None:
    client.offer_token(HERE, None, FIRST)
    client.path.chmod(mode)
    with pytest.raises(MfactlError) as caught:
        client.load(HERE)
    assert caught.value.refusals[0].code is Code.VAULT_PERMISSIONS


def test_a_link_is_not_followed(client: ClientFile, tmp_path: Path) -> None:
    client.offer_token(HERE, None, FIRST)
    client.path.rename(tmp_path / "elsewhere.toml")
    client.path.symlink_to(tmp_path / "elsewhere.toml")
    with pytest.raises(MfactlError) as caught:
        client.load(HERE)
    assert caught.value.refusals[0].code is Code.VAULT_PERMISSIONS


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o1777])
def test_a_directory_in_which_others_could_replace_the_file_is_refused(
    client: ClientFile, mode: int
) -> None:
    client.path.parent.mkdir()
    client.path.parent.chmod(mode)
    with pytest.raises(MfactlError) as caught:
        client.offer_token(HERE, None, FIRST)
    assert caught.value.refusals[0].code is Code.VAULT_PERMISSIONS
    assert list(client.path.parent.iterdir()) == []
