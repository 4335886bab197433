"""Prints one line of progress at a time, with the clock."""

from __future__ import annotations

import time


def say(text: str) -> None:
    """Print `text` with the time of day, at once (the stages often run into a log file)."""
    print(time.strftime("%H:%M:%S"), text, flush=True)
