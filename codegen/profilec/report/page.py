"""The report as HTML: one page without anything that has to be fetched."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from profilec.report.survey import Survey

_HUES = (212, 28, 145, 275, 340, 60)
"""The colour of each profile, as an angle; with more profiles than colours they come again."""


def _counted(number: int, noun: str) -> str:
    """A number with what it counts: one line, two lines."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def render_report(survey: Survey) -> str:
    """The page for what was collected."""
    environment = Environment(
        loader=PackageLoader("profilec.report"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["counted"] = _counted
    hues = {profile: _HUES[index % len(_HUES)] for index, profile in enumerate(survey.profiles)}
    return environment.get_template("report.html.j2").render(survey=survey, hues=hues)
