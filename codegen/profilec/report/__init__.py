"""The report: one HTML page about a project. `survey` collects what `page` renders."""

from profilec.report.page import render_report
from profilec.report.survey import Survey, survey

__all__ = ["Survey", "render_report", "survey"]
