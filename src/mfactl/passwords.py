"""Argon2id for passwords and backup codes, peppered with the vault's own secret.

Guarantees: a password is hashed whole, after NFKC, with nothing cut off; an unknown address costs
the same hash as a known one.
May import: mfactl.core, mfactl.vault.keys (the cost profiles), mfactl.errors and cryptography.
"""

import os
import unicodedata
from collections.abc import Iterable

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from mfactl.core.verdict import PasswordCheck
from mfactl.errors import Code, failure
from mfactl.named_tuple import NamedTuple
from mfactl.vault.keys import FLOOR, Cost

MAX_CHARACTERS = 1024
SALT_BYTES = 16
TAG_BYTES = 32


def normalised(password: str, param: str = "password") -> bytes:
    """A password as it is hashed: NFKC, UTF-8. Raises if it is empty or too long.

    `param` names it in errors. The length is looked at before normalising, because normalising is
    slow on hostile text (CVE-2026-3276), and again after it, because it can lengthen the text.
    """
    if not password:
        raise failure(
            Code.PARAM_MISSING, f"The {_words(param)} is empty.", "Give one.", param_name=param
        )
    if len(password) <= MAX_CHARACTERS:
        password = unicodedata.normalize("NFKC", password)
    if len(password) > MAX_CHARACTERS:
        raise failure(Code.PASSWORD_TOO_LONG, None, None, param_name=param)
    try:
        return password.encode()
    except UnicodeEncodeError:  # bytes that were no UTF-8, smuggled in as surrogates
        detail = f"The {_words(param)} is not text in UTF-8."
        raise failure(Code.PARAM_FORMAT_INVALID, detail, None, param_name=param) from None


def _words(param: str) -> str:
    return param.replace("_", " ")


class Hasher(NamedTuple):
    """Argon2id at one cost, with one vault's pepper."""

    pepper: bytes
    cost: Cost

    def __repr__(self) -> str:
        return "Hasher(...)"

    def hash(self, password: bytes) -> str:
        """A new verifier: a PHC string with its own salt."""
        return self._argon(os.urandom(SALT_BYTES), self.cost).derive_phc_encoded(password)

    def check(self, password: bytes, against: str | None) -> PasswordCheck:
        """Whether the password is the verifier's. None stands for an unknown address."""
        if against is None:
            self.hash(password)
            return PasswordCheck(None, matched=False)
        try:
            Argon2id.verify_phc_encoded(password, against, secret=self.pepper)
        except InvalidKey:
            return PasswordCheck(against, matched=False)
        return PasswordCheck(against, matched=True, outdated=self._is_outdated(against))

    def digest(self, code: str, salt: bytes) -> bytes:
        """The digest of a backup code under its set's salt.

        A code has 60 random bits: the floor cost is more than enough.
        """
        return self._argon(salt, FLOOR).derive(code.encode())

    def digests(self, codes: Iterable[str], salt: bytes) -> tuple[bytes, ...]:
        """The digests of a whole set, on all cores: Argon2id holds no interpreter lock."""
        # Here, because it loads logging, which each sign-in would wait for: 6 ms.
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return tuple(pool.map(lambda code: self.digest(code, salt), codes))

    def _argon(self, salt: bytes, cost: Cost) -> Argon2id:
        return Argon2id(
            salt=salt,
            length=TAG_BYTES,
            iterations=cost.iterations,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
            secret=self.pepper,
        )

    def _is_outdated(self, verifier: str) -> bool:
        """Whether any parameter of a PHC string is lower than today's."""
        parameters = dict(part.split("=") for part in verifier.split("$")[3].split(","))
        stored = Cost(int(parameters["m"]), int(parameters["t"]), int(parameters["p"]))
        return any(old < new for old, new in zip(stored, self.cost, strict=True))
