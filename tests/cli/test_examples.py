"""The example scripts and the example workflow: clean by shellcheck, and they do what they show."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.program import outside

ROOT = Path(__file__).parents[2]
CI = ROOT / "examples" / "ci"
WORKFLOW = CI / "github-actions.yml"
MFACTL = Path(sys.executable).parent / "mfactl"
SCRIPTS = [*sorted((ROOT / "examples").rglob("*.sh")), ROOT / ".ci" / "run"]


def _run(command: list[Any], **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a command with this mfactl on the PATH, and nothing else that is mfactl's."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env={**outside(), "PATH": path, **variables},
        text=True,
    )


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
    ended = _run([ROOT / "examples" / "journey.sh"], TMPDIR=str(tmp_path))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    last = ended.stdout.splitlines()[-1]
    assert last.startswith("== Exit statuses seen: ")
    assert set(last.removeprefix("== Exit statuses seen: ").split()) == {"0", "3", "4", "5"}
    assert "all as it should be." in ended.stdout
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_smoke_test_says_a_line_a_step_and_leaves_nothing(tmp_path: Path) -> None:
    elsewhere = {"MFACTL_VAULT": str(tmp_path / "mine.db"), "MFACTL_CLIENT": "mine.toml"}
    ended = _run([CI / "smoke-test.sh"], TMPDIR=str(tmp_path), **elsewhere)
    assert (ended.returncode, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert len(lines) > 20
    assert [line for line in lines if not line.startswith("ok: ")] == []
    assert lines[-1] == "ok: the record of events is whole"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_smoke_test_shows_what_went_wrong_and_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "bin" / "mfactl"
    broken.parent.mkdir()
    broken.write_text(f'#!/bin/sh\n[ "$2" = add ] && exec mfactl-no\nexec {MFACTL} "$@"\n')
    broken.chmod(0o755)
    room = tmp_path / "room"
    room.mkdir()
    path = f"{broken.parent}:{os.environ['PATH']}"
    ended = _run([CI / "smoke-test.sh"], TMPDIR=str(room), PATH=path)
    assert ended.returncode == 1
    assert "FAILED: an authenticator app is added\n  ended with 127, not 0: " in ended.stderr
    assert "mfactl-no" in ended.stderr.splitlines()[-1]
    assert list(room.iterdir()) == []


def _steps() -> list[dict[str, Any]]:
    jobs = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]
    (job,) = jobs.values()
    steps: list[dict[str, Any]] = job["steps"]
    return steps


def test_the_workflow_needs_no_secret_and_may_only_read() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text("utf-8"))
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["defaults"] == {"run": {"shell": "bash"}}
    assert "secrets." not in WORKFLOW.read_text("utf-8")
    assert "${{" not in "".join(step.get("run", "") for step in _steps())
    assert [step["uses"] for step in _steps() if "uses" in step] == ["actions/checkout@v4"]


def test_the_docs_quote_the_workflow_as_it_is() -> None:
    page = (ROOT / "docs" / "scripting.md").read_text("utf-8")
    quoted = re.findall(r"^```yaml\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE)
    assert quoted
    assert [block for block in quoted if block not in WORKFLOW.read_text("utf-8")] == []


@pytest.mark.slow
def test_the_steps_of_the_workflow_run_as_they_stand_there(tmp_path: Path) -> None:
    """As the runner does: bash with -e and pipefail, and variables from step to step in a file.

    pipx would need a network. The one here puts this mfactl on the PATH, for a checkout of it.
    """
    workflow = yaml.safe_load(WORKFLOW.read_text("utf-8"))
    checkout, *steps = _steps()
    (tmp_path / checkout["with"]["path"]).symlink_to(ROOT)
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    pipx = bin_ / "pipx"
    pipx.write_text(
        '#!/bin/sh\n[ "$1" = install ] && grep -q \'^name = "mfactl"$\' "$2/pyproject.toml"'
        f" && ln -s {MFACTL} {bin_}/mfactl\n"
    )
    pipx.chmod(0o755)

    script, kept = tmp_path / "step.sh", tmp_path / "env.txt"
    variables = dict(workflow["env"], GITHUB_ENV=str(kept), TMPDIR=str(tmp_path))
    kept.touch()
    kept_now: dict[str, str] = {}
    for step in steps:
        script.write_text(step["run"], "utf-8")
        kept_now = dict(line.split("=", 1) for line in kept.read_text("utf-8").splitlines())
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env={**outside(), "PATH": f"{bin_}:/usr/bin:/bin", **variables, **kept_now},
            text=True,
        )
        assert ended.returncode == 0, (step["name"], ended.stdout, ended.stderr)
        assert "mfactl: " not in ended.stderr
    assert {"MFACTL_HOME", "MFACTL_NOW", "CODE"} <= set(kept_now)
