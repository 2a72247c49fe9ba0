"""The boundary: whatever happens inside a command ends as a line, a document and a status."""

import errno
import os
import re

import pytest

from tests.cli.program import PASSWORD, Ada


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ValueError(PASSWORD), 1, "internal_error"),
        (AssertionError(PASSWORD), 1, "internal_error"),
        (RecursionError(PASSWORD), 1, "internal_error"),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), PASSWORD), 11, "io_error"),
        (OSError(), 11, "io_error"),
        (MemoryError(), 11, "io_error"),
        (KeyboardInterrupt(), 130, "cancelled"),
        (EOFError(), 1, "cancelled"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_every_error_ends_as_a_line_a_document_and_a_status_without_its_values(
    ada: Ada, monkeypatch: pytest.MonkeyPatch, error: BaseException, status: int, code: str
) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr("mfactl.service.account.show", fail)
    ended = ada.here("account", "show", "--json")
    assert (ended.status, ended.codes) == (status, [code])
    assert len(re.findall("(?m)^mfactl: ", ended.err)) == 1
    assert PASSWORD not in ended.out + ended.err
    assert "Traceback" not in ended.err


def test_a_bug_names_its_kind_and_its_place(ada: Ada, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> None:
        raise ZeroDivisionError(PASSWORD)

    monkeypatch.setattr("mfactl.service.account.show", fail)
    ended = ada.here("account", "show", "--json")
    (error,) = ended.document["errors"]
    assert error["meta"]["place"].startswith(f"ZeroDivisionError in {__name__}, line ")
    assert error["meta"]["place"] in ended.err


def test_several_errors_are_a_line_each_and_the_first_decides(ada_with_totp: Ada) -> None:
    """As with few attempts left: the refusal, and the warning beside it."""
    wrong = ("verify", ada_with_totp.wrong_code(), "--json")
    for _ in range(7):
        assert ada_with_totp.here(*wrong).codes == ["form_code_incorrect"]
    ended = ada_with_totp.here(*wrong)
    assert ended.status == 5
    assert ended.codes == ["form_code_incorrect", "account_lockout_warning"]
    lines = ended.err.splitlines()[-3:]
    assert lines[0] == "mfactl: That code is wrong."
    assert lines[1] == "2 attempts left before this address is locked."
