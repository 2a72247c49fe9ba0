"""Input from pipes, files and variables, apart from any command."""

import io
import os
import sys
from pathlib import Path

import pytest

from mfactl.cli import output, prompts
from mfactl.errors import Code, MfactlError, Refusal


def given(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Puts bytes on stdin."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))


def refusal_of(monkeypatch: pytest.MonkeyPatch, data: bytes, what: str = "password") -> Refusal:
    given(monkeypatch, data)
    with pytest.raises(MfactlError) as caught:
        prompts.from_stdin(what)
    (refusal,) = caught.value.refusals
    return refusal


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b"secret\n\n", "secret\n"),
        (b"secret\r\n", "secret\r"),
        (b" secret \n", " secret "),
        (b"two\nlines\n", "two\nlines"),
        (b"nul\x00byte", "nul\x00byte"),
        ("caf\u00e9".encode(), "caf\u00e9"),
        (b"\xef\xbb\xbfmarked", "\ufeffmarked"),
    ],
)
def test_one_newline_is_removed_from_a_pipe_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, data: bytes, text: str
) -> None:
    given(monkeypatch, data)
    assert prompts.from_stdin("password") == text
    (tmp_path / "file").write_bytes(data)
    assert prompts.from_file(tmp_path / "file", "password") == text


def test_what_is_far_too_long_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, b"x" * (1 << 20))
    with pytest.raises(MfactlError):
        prompts.from_stdin("password")
    assert len(sys.stdin.buffer.read()) > 1 << 19


def test_the_longest_password_fits_whatever_its_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, ("\U0001f980" * 1024).encode())
    assert len(prompts.from_stdin("password")) == 1024


def test_a_missing_input_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = refusal_of(monkeypatch, b"", "new password")
    assert refusal.code is Code.PARAM_MISSING
    assert refusal.meta == {"param_name": "new_password"}
    assert "new password" in refusal.long_message


def test_what_is_no_text_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = refusal_of(monkeypatch, b"\xff", "new password")
    assert refusal.code is Code.PARAM_FORMAT_INVALID
    assert refusal.meta == {"param_name": "new_password"}


def test_a_file_may_be_a_pipe(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"secret\n")
    os.close(writer)
    try:
        assert prompts.from_file(Path(f"/dev/fd/{reader}"), "password") == "secret"
    finally:
        os.close(reader)


def test_nobody_can_be_asked_where_stdin_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert not prompts.is_terminal()
    with pytest.raises(MfactlError) as caught:
        prompts.from_stdin("password")
    assert caught.value.refusals[0].code is Code.PARAM_MISSING


def test_without_a_terminal_there_is_room_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    assert min(output.window(sys.stdout)) > 1000
    assert min(output.window(None)) > 1000
