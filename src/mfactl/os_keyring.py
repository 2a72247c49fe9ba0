"""The operating system's keyring, through the optional `keyring` library (`mfactl[keyring]`).

Guarantees: the library is imported only when a vault has a slot for it, or is to get one; whatever
a backend raises leaves as ours; an entry is a vault's own, under the id of its slot.
May import: mfactl.errors and keyring.
"""

from types import ModuleType

from mfactl.errors import Code, MfactlError, failure

SERVICE = "mfactl"
INSTALL = "Install mfactl with its extra, mfactl[keyring]; or use another kind of slot."


def load(slot_id: str) -> bytes | None:
    """The secret of a slot; None if there is no keyring, or nothing of the slot in it."""
    library = _library()
    if library is None:
        return None
    try:
        stored = library.get_password(SERVICE, slot_id)
        return None if stored is None else bytes.fromhex(stored)
    except Exception:  # backends raise what they like: locked, gone, not for this desktop
        return None


def store(slot_id: str, secret: bytes) -> None:
    """Keeps the secret of a slot, and reads it back. Raises `io_error`."""
    library = _library()
    if library is None:
        raise failure(Code.IO_ERROR, "The keyring library is not installed.", INSTALL)
    try:
        library.set_password(SERVICE, slot_id, secret.hex())
    except Exception as error:
        raise _refused(type(error).__name__) from None
    if load(slot_id) != secret:
        raise _refused("it does not give back what it was given")


def name() -> str:
    """What the keyring calls itself."""
    library = _library()
    return "" if library is None else str(library.get_keyring().name)


def forget(slot_id: str) -> None:
    """Removes the secret of a slot, if there is one and the keyring lets us."""
    library = _library()
    if library is not None and load(slot_id) is not None:
        try:
            library.delete_password(SERVICE, slot_id)
        except Exception:
            return


def _library() -> ModuleType | None:
    try:
        # Here, because it takes 60 ms, and few vaults have a slot for it.
        import keyring  # noqa: PLC0415
    except ImportError:
        return None
    return keyring


def _refused(reason: str) -> MfactlError:
    return failure(
        Code.IO_ERROR,
        f"The system's keyring cannot be used: {reason}.",
        "Unlock it or start its service, then try again; or use another kind of slot.",
    )
