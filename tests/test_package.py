"""What is built: the completion scripts and the manual page are where shells and man look."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
INSTALLED = {
    "share/bash-completion/completions/mfactl": "completions/mfactl.bash",
    "share/zsh/site-functions/_mfactl": "completions/_mfactl",
    "share/fish/vendor_completions.d/mfactl.fish": "completions/mfactl.fish",
    "share/man/man1/mfactl.1": "man/mfactl.1",
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with the wheel and the source archive, made without a network."""
    place = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(place)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return place


@pytest.mark.slow
def test_a_wheel_puts_each_file_where_it_is_looked_for(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {
            name.partition(".data/data/")[2]: archive.read(name)
            for name in archive.namelist()
            if ".data/data/" in name
        }
    assert held == {name: (ROOT / source).read_bytes() for name, source in INSTALLED.items()}


@pytest.mark.slow
def test_the_source_archive_has_what_the_wheel_is_made_of(built: Path) -> None:
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {*INSTALLED.values(), "tools/man_page.py", "src/mfactl/cli/shells/zsh.py"} <= names
