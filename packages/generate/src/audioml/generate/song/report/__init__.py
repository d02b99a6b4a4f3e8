"""The report of songs: one page that draws and plays them, and says what made them."""

from .page import html, write_report

__all__ = ["html", "write_report"]
