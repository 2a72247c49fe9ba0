"""The example scripts: clean by shellcheck, and they do what they show."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.program import outside

ROOT = Path(__file__).parents[2]
SCRIPTS = [*sorted((ROOT / "examples").glob("*.sh")), ROOT / ".ci" / "run"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_clean_by_shellcheck(script: Path) -> None:
    ended = subprocess.run(["shellcheck", script], capture_output=True, check=False, text=True)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_stops_at_its_first_failure_and_hides_none(script: Path) -> None:
    assert os.access(script, os.X_OK)
    text = script.read_text()
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in text
    # Only where a package that was never installed is looked up does a status not matter.
    assert "|| true" not in re.sub(r"dpkg-query .*", "", text)


@pytest.mark.slow
def test_the_journey_runs_from_end_to_end_and_leaves_nothing(tmp_path: Path) -> None:
    environ = {**outside(), "TMPDIR": str(tmp_path)}
    environ["PATH"] = f"{Path(sys.executable).parent}:{environ['PATH']}"
    ended = subprocess.run(
        [ROOT / "examples" / "journey.sh"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=environ,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    last = ended.stdout.splitlines()[-1]
    assert last.startswith("== Exit statuses seen: ")
    assert set(last.removeprefix("== Exit statuses seen: ").split()) == {"0", "3", "4", "5"}
    assert "all as it should be." in ended.stdout
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []
