"""`profilec powerset`: does every combination of features build?"""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import click
from msgspec.structs import replace

from profilec.cli.options import (
    Form,
    command,
    configuration,
    dependencies,
    form,
    known_profiles,
    profile_names,
    report,
)
from profilec.cli.progress import say, steps
from profilec.config import Config
from profilec.diagnostics import Finding, merged


@command
@click.argument("profile", required=False, shell_complete=profile_names)
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Combine at most N features.")
@dependencies
@form
def powerset(profile: str | None, depth: int | None, deps: Path | None, form: Form) -> int:
    """Analyse and prove PROFILE, else the default one, with every combination of features.

    Combinations that `exclusive` rules out are passed over. Nothing is written.

    Example: profilec powerset native --depth 2
    """
    from profilec.project import analyse, open_project

    config = configuration()
    (base,) = known_profiles(config, (profile or config.default,))
    project = open_project(config)
    chosen = list(feature_sets(config, depth))
    others = tuple(name for name in config.profiles if name != base)
    findings: list[Finding] = []
    with steps("reading") as step:
        for features in chosen:
            name = "+".join(sorted(features)) or "no features"
            step(f"{base} with {name}")
            alone = {base: replace(config.profiles[base], features=features)}
            one = replace(config, profiles=alone, others=others)
            analysis = analyse(replace(project, config=one), dependencies=deps)
            errors = (finding for finding in analysis.findings if finding.is_error)
            findings += (replace(finding, profiles=(f"{base} with {name}",)) for finding in errors)
    if not findings:
        each = f" with each of {len(chosen)} combinations of features" if len(chosen) > 1 else ""
        say(f"{base} builds{each or ': there are no features to combine'}")
    return report(
        merged(findings), form, profile=base, combinations=[sorted(features) for features in chosen]
    )


def feature_sets(config: Config, depth: int | None = None) -> Iterator[frozenset[str]]:
    """Every set of features that `exclusive` allows, small ones first, with at most `depth` features."""
    names = sorted(config.features)
    limit = len(names) if depth is None else min(depth, len(names))
    for size in range(limit + 1):
        for chosen in combinations(names, size):
            if all(len(set(group).intersection(chosen)) < 2 for group in config.exclusive):
                yield frozenset(chosen)
