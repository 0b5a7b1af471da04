"""What the command line tells of itself: help, and what a shell completes."""

import os
import subprocess
import sys

import click
import pytest
from profilec_project import Project

from profilec.cli.commands import profilec


@pytest.mark.parametrize("command", profilec.list_commands(click.Context(profilec)))
def test_every_command_has_help_with_an_example(command: str, project: Project) -> None:
    ran = project.run(command, "--help")
    assert ran.code == 0
    assert f"Example: profilec {command}" in " ".join(ran.out.split())


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("profilec bu", ["plain,build"]),
        ("profilec build na", ["plain,native"]),
        ("profilec diff native w", ["plain,wasm"]),
        ("profilec build --ke", ["plain,--keep-lines"]),
        ("profilec -C sr", ["dir,sr"]),
        ("profilec build --deps sr", ["dir,sr"]),
        ("profilec explain sr", ["file,sr"]),
        ("profilec map sr", ["file,sr"]),
    ],
)
def test_a_shell_completes_commands_profiles_options_and_paths(
    words: str, completed: list[str], project: Project
) -> None:
    typed = words.split()
    environment = {
        **os.environ,
        "_PROFILEC_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(typed) - 1),
    }
    command = [sys.executable, "-m", "profilec.cli"]
    ran = subprocess.run(
        command, cwd=project.root, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.stdout.splitlines() == completed
