"""`profilec map`: from a line of the source to the lines of the trees, or back."""

import click

from profilec.cli.options import as_json, command, configuration, write_json
from profilec.cli.places import Place, read_place, source_path, tree_path
from profilec.config import Config


@command
@click.argument("where", metavar="FILE:LINE", shell_complete=click.Path().shell_complete)
@as_json
def map(where: str, as_json: bool) -> int:
    """Find a line of the source in each tree, or the line of the source that a line of a tree comes from.

    Example: profilec map build/wasm/shop/jobs.py:7
    """
    config = configuration()
    place = read_place(where, config)
    in_tree = tree_path(config, place.file)
    _refuse_what_is_not_there(place, in_tree=in_tree is not None)
    places = _to_source(config, *in_tree, place.line) if in_tree else _to_trees(config, place)
    if as_json:
        write_json({"places": [{"path": path, "line": line} for path, line in places]})
    else:
        for path, line in places:
            click.echo(f"{path}:{line}")
        if not places:
            click.echo("generated" if in_tree else "in no tree", err=True)
    return 0


def _refuse_what_is_not_there(place: Place, *, in_tree: bool) -> None:
    if place.file.is_dir():
        raise click.UsageError(f"{place.file} is a folder: name one of its files")
    if in_tree and not place.file.is_file():
        raise click.UsageError(f"{place.file} is not there")
    number = len(place.file.read_bytes().splitlines()) if place.file.is_file() else place.line
    if place.line > number:
        raise click.UsageError(f"{place.file} has {number} lines")


def _to_source(config: Config, profile: str, path: str, line: int) -> list[tuple[str, int]]:
    from profilec.emit.source_map import read_map

    source_map = read_map(config.out_folder(profile))
    if source_map is None:
        raise click.UsageError(f"{config.out}/{profile} has no source map: run `profilec build {profile}`")
    origin = source_map.to_source(path, line)
    return [(config.shown(path), origin)] if origin else []


def _to_trees(config: Config, place: Place) -> list[tuple[str, int]]:
    from profilec.emit.source_map import read_map

    path = source_path(config, place.file)
    maps = {profile: read_map(config.out_folder(profile)) for profile in config.profiles}
    if path is None or not place.file.exists():
        raise click.UsageError(
            f"{place.file} is neither in the source {config.source} nor in a tree of {config.out}"
        )
    if not any(maps.values()):
        raise click.UsageError(f"no tree is built in {config.out}: run `profilec build`")
    if missing := [profile for profile, source_map in maps.items() if not source_map]:
        click.echo(f"not built: {', '.join(missing)}; run `profilec build`", err=True)
    return [
        (f"{config.out}/{profile}/{path}", line)
        for profile, source_map in maps.items()
        if source_map
        for line in source_map.to_tree(path, place.line)
    ]
