"""What people use instead: each is set up in a throw-away home, if it is there at all.

Guarantees: a peer that is not installed, or cannot be set up here, says so and is no failure.
May import: benchmarks and the standard library.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

from benchmarks.measure import Command
from benchmarks.world import environ_of

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
URI = f"otpauth://totp/Peer:ada@example.com?secret={SECRET}&issuer=Peer"
PASSWORD = "correct horse battery staple"
ENTRIES = (10, 1_000, 10_000)


class Peer(NamedTuple):
    """A command to be timed; or, without one, why there is none."""

    name: str
    command: Command | None = None
    missing: str = ""


def peers(scratch: Path, found: list[Peer]) -> None:
    """Puts every peer into `found`, each with a home of its own under `scratch`."""
    for name, program, set_up in (
        ("oathtool: print a code", "oathtool", _oathtool),
        ("pass otp: print a code", "pass", _pass_otp),
        ("keepassxc-cli: print a code", "keepassxc-cli", _keepassxc),
        ("PAM module: verify a code", "pamtester", _pam),
        ("ykman: list devices", "ykman", _ykman),
        ("bw: print its version", "bw", _bitwarden),
        ("totp-cli of PyPI: print its help", "totp", _totp_cli),
        ("privacyIDEA: pi-manage --version", "pi-manage", _privacyidea),
    ):
        if shutil.which(program) is None:
            found.append(Peer(name, missing="not installed"))
            continue
        home = scratch / program
        home.mkdir()
        try:
            found += [Peer(command.name, command) for command in set_up(name, home)]
        except (OSError, subprocess.CalledProcessError) as error:
            found.append(Peer(name, missing=f"could not be set up: {type(error).__name__}"))


def _do(argv: list[str], environ: dict[str, str], given: str = "") -> str:
    done = subprocess.run(
        argv, input=given, capture_output=True, check=True, env=environ, text=True
    )
    return done.stdout


def _oathtool(name: str, home: Path) -> Iterator[Command]:
    environ = environ_of(home)
    yield Command(name, ["oathtool", "--totp", "--base32", "-"], environ, stdin=SECRET + "\n")


def _pass_otp(name: str, home: Path) -> Iterator[Command]:
    environ = environ_of(home)
    (home / ".gnupg").mkdir(mode=0o700)
    _do(["gpg", "--batch", "--passphrase", "", "--quick-gen-key", "ada@example.com"], environ)
    _do(["pass", "init", "ada@example.com"], environ)
    _do(["pass", "otp", "insert", "peer"], environ, URI + "\n")
    yield Command(name, ["pass", "otp", "code", "peer"], environ)


def _keepassxc(name: str, home: Path) -> Iterator[Command]:
    environ = environ_of(home) | {"QT_QPA_PLATFORM": "offscreen"}
    for count in ENTRIES:
        entries = "".join(_entry(number) for number in range(count))
        (home / "entries.xml").write_text(
            '<?xml version="1.0" encoding="utf-8"?><KeePassFile><Root><Group><Name>Root</Name>'
            f"{entries}</Group></Root></KeePassFile>"
        )
        database = str(home / f"{count}.kdbx")
        given = f"{PASSWORD}\n{PASSWORD}\n"
        _do(
            ["keepassxc-cli", "import", "-q", "-p", str(home / "entries.xml"), database],
            environ,
            given,
        )
        argv = ["keepassxc-cli", "show", "-q", "-t", database, f"peer{count - 1}"]
        yield Command(f"{name}, of {count:,}", argv, environ, stdin=PASSWORD + "\n")


def _entry(number: int) -> str:
    strings = {"Title": f"peer{number}", "UserName": "ada", "otp": URI}
    return (
        "<Entry>"
        + "".join(
            f"<String><Key>{key}</Key><Value>{escape(value)}</Value></String>"
            for key, value in strings.items()
        )
        + "</Entry>"
    )


def _pam(name: str, home: Path) -> Iterator[Command]:
    """Needs a service in /etc/pam.d, which only root can make; it goes again afterwards."""
    service = Path("/etc/pam.d/mfactl-benchmark")
    secret = home / "google_authenticator"
    module = f"pam_google_authenticator.so secret={secret} user=root no_increment_hotp"
    secret.write_text(f'{SECRET}\n" TOTP_AUTH\n')
    secret.chmod(0o400)
    service.write_text(f"auth required {module}\naccount required pam_permit.so\n")
    environ = environ_of(home)

    def code() -> list[str]:
        given = _do(["oathtool", "--totp", "--base32", SECRET], environ).strip()
        argv = ["sh", "-c", 'echo "$1" | exec pamtester mfactl-benchmark root authenticate', "sh"]
        return [*argv, given]

    yield Command(name, code, environ)


def undo(scratch: Path) -> None:
    """Removes what a peer needed outside of its home, and ends what it started."""
    if os.geteuid() == 0:
        Path("/etc/pam.d/mfactl-benchmark").unlink(missing_ok=True)
    keys = scratch / "pass" / ".gnupg"
    if keys.is_dir() and shutil.which("gpgconf"):
        subprocess.run(["gpgconf", "--homedir", keys, "--kill", "gpg-agent"], check=False)


def _ykman(name: str, home: Path) -> Iterator[Command]:
    yield Command(name, ["ykman", "list"], environ_of(home))


def _bitwarden(name: str, home: Path) -> Iterator[Command]:
    yield Command(name, ["bw", "--version"], environ_of(home))


def _totp_cli(name: str, home: Path) -> Iterator[Command]:
    yield Command(name, ["totp", "help"], environ_of(home))


def _privacyidea(name: str, home: Path) -> Iterator[Command]:
    yield Command(name, ["pi-manage", "--version"], environ_of(home))
