"""What a person sees: ten screens at three widths, as files that a test compares (pyte draws them).

`python -m tests.cli.screens` draws them anew, to be looked at before they are committed.
"""

from pathlib import Path

import pytest

from tests.cli.program import Program
from tests.cli.screens import LOOKS, SCREENS, WIDTHS, WITH_QR_CODE, Look, golden, look_at

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_person_sees_what_the_golden_files_show(tmp_path: Path, columns: int) -> None:
    screens = look_at(Program(tmp_path / "home"), columns)
    assert list(screens) == list(SCREENS)
    assert {name: screen.text for name, screen in screens.items()} == golden(columns)


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_colours_and_characters_change_nothing_but_the_qr_code(tmp_path: Path, look: Look) -> None:
    screens = look_at(Program(tmp_path / "home").with_(**look.variables), look.columns)
    assert {name: screen.text for name, screen in screens.items()} == golden(look.columns)
    for name, screen in screens.items():
        has_qr_code = name in WITH_QR_CODE
        assert screen.colours == (look.colours if has_qr_code else frozenset())
        assert screen.is_ascii is (look.is_ascii or not has_qr_code)
