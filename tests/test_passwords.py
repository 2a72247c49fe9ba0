"""Passwords: hashed whole and peppered, compared after NFKC, and judged before they are set."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from mfactl.config import find_paths
from mfactl.core.account import Account
from mfactl.errors import Code, MfactlError, Refusal
from mfactl.password_policy import accept
from mfactl.passwords import Hasher, normalised
from mfactl.unlocking import Unlocker
from mfactl.vault.keys import FLOOR, RECOMMENDED, Cost
from mfactl.vault.vault import Vault
from tests.cli.program import EMAIL, NOW, PASSWORD, Ada, Program
from tests.vault.vaults import every_record

PEPPER = b"pepper-pepper-pepper-pepper-pepp"
HASHER = Hasher(PEPPER, FLOOR)
COMPOSED, DECOMPOSED = "r\u00e9sum\u00e9 hors ligne", "re\u0301sume\u0301 hors ligne"
LENGTHENS = "\ufdfa"  # one character, eighteen after NFKC


def refusal_of(password: str, **rules: object) -> Refusal:
    """Why a password may not be set."""
    with pytest.raises(MfactlError) as caught:
        judged(password, **rules)
    (refusal,) = caught.value.refusals
    return refusal


def judged(password: str, **rules: object) -> bytes:
    """A password as it is hashed, if it may be set."""
    defaults: dict[str, object] = {"min_length": 8, "min_score": 2, "context": [EMAIL, "mfactl"]}
    return accept(password, **{**defaults, **rules})  # type: ignore[arg-type]


# --- one spelling


def test_a_password_is_one_however_its_accents_are_typed() -> None:
    assert COMPOSED != DECOMPOSED
    assert normalised(COMPOSED) == normalised(DECOMPOSED)
    assert HASHER.check(normalised(DECOMPOSED), HASHER.hash(normalised(COMPOSED))).matched


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Password", "password"),
        ("password", "password "),
        ("password", " password"),
        ("pass word", "pass  word"),
        ("p\u00e5ssword", "password"),
        ("password", "password\n"),
    ],
)
def test_nothing_but_nfkc_is_done_to_a_password(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


def test_the_length_counts_before_and_after_normalising() -> None:
    assert len(normalised("x" * 1024)) == 1024
    assert len(normalised("\U0001f980" * 1024)) == 4096
    assert len(normalised(LENGTHENS * 56).decode()) == 1008
    for too_long in ("x" * 1025, LENGTHENS * 57, "e\u0301" * 513, "x" * (1 << 20)):
        with pytest.raises(MfactlError) as caught:
            normalised(too_long)
        (refusal,) = caught.value.refusals
        assert refusal.code is Code.PASSWORD_TOO_LONG
        assert refusal.meta == {"param_name": "password"}


def test_an_empty_password_is_a_missing_one() -> None:
    with pytest.raises(MfactlError) as caught:
        normalised("")
    assert caught.value.refusals[0].code is Code.PARAM_MISSING


def test_bytes_that_were_no_text_are_no_password() -> None:
    with pytest.raises(MfactlError) as caught:
        normalised("correct horse \udcff")
    assert caught.value.refusals[0].code is Code.PARAM_FORMAT_INVALID


# --- hashing


def test_argon2id_is_the_one_of_rfc_9106() -> None:
    """Section 5.3: what the library computes with a secret and associated data."""
    tag = Argon2id(
        salt=b"\x02" * 16,
        length=32,
        iterations=3,
        lanes=4,
        memory_cost=32,
        ad=b"\x04" * 12,
        secret=b"\x03" * 8,
    ).derive(b"\x01" * 32)
    assert tag.hex() == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"


def test_a_verifier_is_a_phc_string_with_its_cost_and_a_salt_of_its_own() -> None:
    first, second = HASHER.hash(b"password"), HASHER.hash(b"password")
    assert first.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert first != second
    assert HASHER.check(b"password", first).matched
    assert HASHER.check(b"password", second).matched


def test_the_recommended_cost_is_that_of_rfc_9106() -> None:
    assert (RECOMMENDED.memory_kib, RECOMMENDED.iterations, RECOMMENDED.lanes) == (65536, 3, 4)
    verifier = Hasher(PEPPER, RECOMMENDED).hash(b"password")
    assert verifier.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_another_password_and_another_pepper_do_not_match() -> None:
    verifier = HASHER.hash(b"password")
    assert not HASHER.check(b"passwore", verifier).matched
    assert not Hasher(b"x" + PEPPER[1:], FLOOR).check(b"password", verifier).matched


@pytest.mark.parametrize("length", [73, 257, 1024])
def test_a_password_is_hashed_to_its_last_character(length: int) -> None:
    verifier = HASHER.hash(b"x" * length)
    assert HASHER.check(b"x" * length, verifier).matched
    assert not HASHER.check(b"x" * (length - 1) + b"y", verifier).matched
    assert not HASHER.check(b"x" * (length - 1), verifier).matched


def test_an_unknown_address_costs_a_hash_and_never_matches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted: list[Cost] = []
    real = Hasher._argon

    def counting(self: Hasher, salt: bytes, cost: Cost) -> Argon2id:
        counted.append(cost)
        return real(self, salt, cost)

    monkeypatch.setattr(Hasher, "_argon", counting)
    check = HASHER.check(b"password", None)
    assert (check.matched, check.against) == (False, None)
    assert counted == [FLOOR]


@pytest.mark.parametrize(
    ("cost", "outdated"),
    [
        (FLOOR, False),
        (FLOOR._replace(memory_kib=FLOOR.memory_kib + 1024), True),
        (FLOOR._replace(iterations=FLOOR.iterations + 1), True),
        (FLOOR._replace(lanes=FLOOR.lanes + 1), True),
        (FLOOR._replace(iterations=FLOOR.iterations - 1), False),
    ],
)
def test_a_verifier_is_outdated_when_any_part_of_the_cost_has_risen(
    cost: Cost, outdated: bool
) -> None:
    check = Hasher(PEPPER, cost).check(b"password", HASHER.hash(b"password"))
    assert (check.matched, check.outdated) == (True, outdated)


def test_a_wrong_password_is_never_hashed_anew() -> None:
    check = Hasher(PEPPER, RECOMMENDED).check(b"wrong", HASHER.hash(b"password"))
    assert (check.matched, check.outdated) == (False, False)


def test_a_set_of_backup_codes_is_hashed_as_each_of_them_is() -> None:
    salt = os.urandom(16)
    codes = [f"{place}abcdefghjkm" for place in range(3)]
    digests = HASHER.digests(codes, salt)
    assert len(set(digests)) == 3
    assert digests == tuple(HASHER.digest(code, salt) for code in codes)
    assert HASHER.digest(codes[0], os.urandom(16)) != digests[0]
    assert Hasher(PEPPER, RECOMMENDED).digest(codes[0], salt) == digests[0]


# --- sign-ins


@pytest.fixture
def program(tmp_path: Path) -> Program:
    program = Program(tmp_path / "home").at(NOW)
    program.ask("vault", "init", "--test")
    return program


def sign_up(program: Program, password: str) -> None:
    program.ask("signup", EMAIL, "--password-stdin", stdin=password, status=3)
    program.ask("verify", program.ask("outbox", "code", EMAIL)["code"])
    program.ask("signout")


def verifier_in(program: Program) -> str:
    """The verifier that the vault holds."""
    paths = find_paths(program.environ)
    vault = Vault(paths.vault, Unlocker(paths, program.environ, lambda: None))
    with vault.reading() as transaction:
        (account,) = (each for _, each in every_record(transaction) if isinstance(each, Account))
    vault.close()
    return account.password


def test_who_signed_up_with_one_spelling_signs_in_with_the_other(program: Program) -> None:
    sign_up(program, COMPOSED)
    signed_in = program.ask("signin", EMAIL, "--password-stdin", stdin=DECOMPOSED)
    assert signed_in["status"] == "complete"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (PASSWORD, 0),
        (f"{PASSWORD}\n", 0),
        (f"{PASSWORD}\n\n", 5),
        (f"{PASSWORD}\r\n", 5),
        (f"{PASSWORD} ", 5),
        (f" {PASSWORD}", 5),
        (f"\n{PASSWORD}", 5),
    ],
)
def test_one_trailing_newline_is_removed_and_nothing_else(
    program: Program, tmp_path: Path, given: str, status: int
) -> None:
    sign_up(program, f"{PASSWORD}\n")
    (tmp_path / "file").write_text(given, newline="")
    arguments = ("signin", EMAIL, "--password-file", str(tmp_path / "file"))
    assert program.here(*arguments).status == status
    program.here("signout")
    assert program.here("signin", EMAIL, "--password-stdin", stdin=given).status == status


def test_a_password_of_1024_characters_works_and_the_last_one_counts(program: Program) -> None:
    password = "9K#q" + "\u00e9\U0001f980ab" * 255
    assert len(password) == 1024
    sign_up(program, password)
    assert program.here("signin", EMAIL, "--password-stdin", stdin=password[:-1]).status == 5
    assert program.here("signin", EMAIL, "--password-stdin", stdin=password + "x").status == 2
    assert program.here("signin", EMAIL, "--password-stdin", stdin=password).status == 0


def test_a_password_too_long_is_refused_alike_for_any_address(program: Program) -> None:
    sign_up(program, PASSWORD)
    arguments = ("--password-stdin", "--json")
    known = program.here("signin", EMAIL, *arguments, stdin="x" * 1025)
    unknown = program.here("signin", "eve@example.com", *arguments, stdin="x" * 1025)
    assert known == unknown
    assert known.codes == ["form_password_length_too_long"]


def test_a_sign_in_replaces_the_verifier_once_the_cost_has_risen(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(program, PASSWORD)
    before = verifier_in(program)
    assert before.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    program.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD)
    program.ask("signout")
    assert verifier_in(program) == before
    monkeypatch.setattr("mfactl.conversation.FLOOR", FLOOR._replace(iterations=3))
    program.here("signin", EMAIL, "--password-stdin", stdin="wrong")
    assert verifier_in(program) == before
    program.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD)
    program.ask("signout")
    risen = verifier_in(program)
    assert risen.startswith("$argon2id$v=19$m=19456,t=3,p=1$")
    program.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD)
    program.ask("signout")
    assert verifier_in(program) == risen
    assert program.ask("vault", "check")["status"] == "ok"


def test_a_first_factor_replaces_the_verifier_too(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.ask("signup", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    program.ask("verify", program.ask("outbox", "code", EMAIL)["code"])
    secret = program.ask("mfa", "add")["secret"]
    phone = Ada(program.home, program.environ, secret)
    program.ask("mfa", "verify", phone.app_code())
    program.ask("signout")
    monkeypatch.setattr("mfactl.conversation.FLOOR", FLOOR._replace(iterations=3))
    program.ask("signin", EMAIL, "--password-stdin", stdin=PASSWORD, status=3)
    assert verifier_in(program).startswith("$argon2id$v=19$m=19456,t=3,p=1$")


# --- the policy


def test_a_password_of_eight_characters_may_be_set_and_one_of_seven_not() -> None:
    assert judged("xK9#qLz2") == b"xK9#qLz2"
    refusal = refusal_of("xK9#qLz")
    assert refusal.code is Code.PASSWORD_TOO_SHORT
    assert refusal.long_message == "A password needs at least 8 characters."
    assert refusal.meta == {"param_name": "password"}


def test_the_length_is_that_of_characters_after_normalising() -> None:
    assert refusal_of("xK9#qLe\u0301"[:8]).code is Code.PASSWORD_TOO_SHORT
    assert judged(
        "\U0001f980\U0001f9ad\U0001f419\U0001f433\U0001f988\U0001f41f\U0001f990\U0001f9aa"
    )


def test_a_stricter_length_and_score_are_kept() -> None:
    assert refusal_of("xK9#qLz2", min_length=15).code is Code.PASSWORD_TOO_SHORT
    assert judged("tricky otter")
    assert refusal_of("tricky otter", min_score=4).code is Code.PASSWORD_NOT_STRONG_ENOUGH


@pytest.mark.parametrize("password", ["letmein123", "12345678", "qwertyuiop", "aaaaaaaaaaaa"])
def test_what_is_easily_guessed_is_refused_with_what_would_be_better(password: str) -> None:
    refusal = refusal_of(password)
    assert refusal.code is Code.PASSWORD_NOT_STRONG_ENOUGH
    suggestions = refusal.meta["zxcvbn"]["suggestions"]
    assert suggestions
    assert " ".join(each["message"] for each in suggestions) == refusal.next_step
    assert password not in f"{refusal.long_message} {refusal.next_step} {refusal.meta}"


def test_what_is_known_of_the_owner_is_no_password() -> None:
    assert judged("xanthophyllic")
    context = ["xanthophyllic@example.com", "xanthophyllic", "example.com"]
    assert refusal_of("xanthophyllic", context=context).code is Code.PASSWORD_NOT_STRONG_ENOUGH


def test_no_kind_of_character_is_asked_for() -> None:
    for password in ("correct horse battery staple", "КонькиЧайникЛуна", "90210 5551 38 77 2"):
        assert judged(password)


def test_a_long_password_is_judged_at_once_by_its_beginning() -> None:
    assert judged("xK9#qLz2" + "a" * 1016)
    assert refusal_of("a" * 1024).code is Code.PASSWORD_NOT_STRONG_ENOUGH


@pytest.mark.parametrize("param", ["password", "new_password", "passphrase"])
def test_an_empty_one_is_called_by_its_own_name(param: str) -> None:
    with pytest.raises(MfactlError) as caught:
        normalised("", param)
    (refusal,) = caught.value.refusals
    assert refusal.long_message == f"The {param.replace('_', ' ')} is empty."
    assert refusal.meta["param_name"] == param
