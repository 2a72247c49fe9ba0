"""The client file: which client of which vault this shell is, and how far it has seen each vault.

Guarantees: a token is in the file before the vault knows it; what another process wrote for another
vault, or has seen meanwhile, is never lost; the mark only advances, unless that is asked for.
May import: mfactl.files, mfactl.digests, mfactl.errors, tomllib and tomli_w.
"""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tomli_w

from mfactl import digests, files
from mfactl.errors import Code, failure
from mfactl.named_tuple import NamedTuple

TOKEN_BYTES = 32
MOST_TOKENS = 2
_HEADING = "# The state of one mfactl client. Private: its tokens sign in.\n"


class Seen(NamedTuple):
    """What the file holds of one vault.

    `tokens` is the token that the vault knew and the one that a transaction was about to make it
    know: at most one of them is this client's. `number` and `hash` name the newest event seen.
    """

    tokens: tuple[str, ...] = ()
    number: int = 0
    hash: str = ""

    def __repr__(self) -> str:
        return f"Seen(number={self.number})"


NOTHING_SEEN = Seen()


def token_hash(token: str) -> str:
    """What the vault knows of a token: the SHA-256 of its bytes, in hexadecimal digits."""
    return digests.sha256(bytes.fromhex(token)).hex()


class ClientFile:
    """One file, shared by the processes of one client."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self, vault_id: str) -> Seen:
        """What is known of a vault; nothing if the file is not there."""
        return self._seen(self._read(), vault_id)

    def offer_token(self, vault_id: str, known: str | None, token: str) -> None:
        """Puts a token beside the known one; durable when this returns."""
        tokens = (token,) if known is None else (known, token)
        self._update(vault_id, lambda seen: seen._replace(tokens=tokens))

    def forget_tokens(self, vault_id: str, tokens: tuple[str, ...]) -> None:
        """Removes the tokens, unless others have taken their place meanwhile."""

        def change(seen: Seen) -> Seen:
            return seen._replace(tokens=()) if seen.tokens == tokens else seen

        self._update(vault_id, change)

    def advance(self, vault_id: str, number: int, digest: str) -> None:
        """Notes the newest event seen, unless a later one has been noted meanwhile."""

        def change(seen: Seen) -> Seen:
            return seen._replace(number=number, hash=digest) if number > seen.number else seen

        self._update(vault_id, change)

    def accept(self, vault_id: str, number: int, digest: str) -> None:
        """Notes an older event than was seen, on purpose; the tokens of what came after go."""
        self._update(vault_id, lambda _seen: Seen((), number, digest))

    def _update(self, vault_id: str, change: Callable[[Seen], Seen]) -> None:
        files.make_directory(self.path.parent)
        with files.lock_directory(self.path.parent):
            tables = self._read()
            before = self._seen(tables, vault_id)
            after = change(before)
            if after != before:
                tables[vault_id] = {**after._asdict(), "tokens": list(after.tokens)}
                files.write_private(self.path, self._encoded(tables))

    def _encoded(self, tables: dict[str, Any]) -> bytes:
        try:
            return (_HEADING + tomli_w.dumps(tables)).encode()
        except RecursionError:  # what is not ours may be deep enough to read and not to write
            raise self._damaged() from None

    def _read(self) -> dict[str, Any]:
        data = files.read_private(self.path)
        if data is None:
            return {}
        try:
            return tomllib.loads(data.decode())
        except (ValueError, RecursionError):
            raise self._damaged() from None

    def _seen(self, tables: dict[str, Any], vault_id: str) -> Seen:
        table = tables.get(vault_id)
        if table is None:
            return NOTHING_SEEN
        try:
            seen = Seen(tuple(table["tokens"]), table["number"], table["hash"])
            for token in seen.tokens:
                bytes.fromhex(token)
        except (TypeError, KeyError, ValueError):
            raise self._damaged() from None
        numbered = type(seen.number) is int and 0 <= seen.number < 1 << 63  # as SQLite counts
        if not numbered or type(seen.hash) is not str or len(seen.tokens) > MOST_TOKENS:
            raise self._damaged()
        return seen

    def _damaged(self) -> Exception:
        return failure(
            Code.IO_ERROR,
            f"The client file {self.path} is damaged.",
            "Delete it and sign in again; the vault is not touched.",
        )
