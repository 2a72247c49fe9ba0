"""The benchmarks run: small ones, of what they make and of what they write down."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import flow, limits, page, peers, plot, scale, start_up, together
from benchmarks.measure import Command, Sample, Wrong, in_turn
from benchmarks.world import START, Home

ROOT = Path(__file__).parents[1]


def test_each_command_runs_in_each_round_and_one_round_does_not_count(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    commands = [
        Command(name, ["sh", "-c", f"echo {name} >> '{trace}'"], {"PATH": "/bin:/usr/bin"})
        for name in ("a", "b")
    ]
    samples = in_turn(commands, 2, tmp_path)
    assert trace.read_text().split() == ["a", "b"] * 3
    assert [len(sample.wall) for sample in samples.values()] == [2, 2]
    assert all(sample.least > 0 and sample.memory > 0 for sample in samples.values())


def test_a_command_that_fails_is_no_figure(tmp_path: Path) -> None:
    fails = Command("fails", ["sh", "-c", "echo broken >&2; exit 3"], {"PATH": "/bin:/usr/bin"})
    with pytest.raises(Wrong, match="fails ended with 3, not 0: broken"):
        in_turn([fails], 1, tmp_path)


def test_a_peer_that_is_not_installed_is_a_row_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found: list[peers.Peer] = []
    peers.peers(tmp_path, found)
    assert {peer.missing for peer in found} == {"not installed"}
    sample = Sample([0.1], [0.1], [1024])
    samples = dict.fromkeys(("bare Python", "import floor"), sample)
    table = page.start_up(samples, found, 1)
    assert "| ykman: list devices | not installed |" in table


@pytest.mark.slow
def test_each_command_is_compared_with_what_it_cannot_be_less_than(tmp_path: Path) -> None:
    samples = in_turn(start_up.commands(tmp_path), 1, tmp_path, unwarmed=True)
    found = limits.limits(samples, flow.pieces(tmp_path))
    verify = next(limit for limit in found if limit.command == "mfactl verify CODE")
    assert verify.takes == samples["mfactl verify CODE"].least
    assert verify.least > samples["import floor"].least
    assert "| mfactl verify CODE | import floor + 9 syncs |" in page.limits(found)


@pytest.mark.slow
def test_a_crowd_is_measured_only_if_the_vault_tells_of_all_its_sign_ins(tmp_path: Path) -> None:
    alone, two = together.crowds(tmp_path, (1, 2), sign_ins=4)
    assert (alone.shells, two.shells) == (1, 2)
    nobody = Home(tmp_path / "nobody", clock=START)
    with pytest.raises(RuntimeError, match="of 1 sign-ins the vault tells of 0"):
        together.expect_all(nobody, 1)


@pytest.mark.slow
def test_vaults_of_two_sizes_are_measured_and_drawn(tmp_path: Path) -> None:
    said: list[str] = []
    vaults = scale.measure((10, 100), 1, tmp_path, said.append)
    assert [vault.accounts for vault in vaults] == [10, 100]
    table = page.scale(vaults, 1)
    for name in (*page.ONE_ACCOUNT, *page.WHOLE_VAULT):
        assert f"| {name} |" in table
    plot.draw(vaults, tmp_path / "plot.svg")
    assert (tmp_path / "plot.svg").read_text().count("<polyline") == len(page.ONE_ACCOUNT)
    assert "10 accounts loaded" in said[0]


def test_a_run_replaces_its_own_tables_and_no_others(tmp_path: Path) -> None:
    kept = tmp_path / "page.md"
    kept.write_text("x\n<!-- a -->\nold\n<!-- end of a -->\ny\n<!-- b -->\n<!-- end of b -->\n")
    page.put("a", "new\n", kept)
    assert kept.read_text().startswith("x\n<!-- a -->\nnew\n<!-- end of a -->\ny\n<!-- b -->\n")
    with pytest.raises(ValueError, match="no place for c"):
        page.put("c", "text", kept)


@pytest.mark.slow
def test_a_benchmark_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-m", "benchmarks", "scale"],
        cwd=ROOT,
        env={"PATH": "/bin:/usr/bin", "TMPDIR": str(tmp_path), "HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    first = running.stdout.readline()
    assert first.startswith("This needs ")
    assert " GiB in " in first
    running.terminate()
    running.terminate()  # while it cleans up
    running.communicate()
    assert list(tmp_path.iterdir()) == []
