"""Long work on a page: progress with time left, the state of jobs, errors shown."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from facerec.errors import FacerecError
from facerec.system.jobs import Job
from facerec.system.markdown import plain
from facerec.system.pace import Pace

STATES = {
    "new": "not trained yet",
    "starting": "starting",
    "training": "training",
    "finished": "finished",
    "stopped": "stopped",
    "failed": "failed",
    "interrupted": "interrupted",
}


def job_words(job: Job) -> str:
    """Progress or state of a job, in words."""
    if job.state == "training" and job.epoch:
        return f"epoch {job.epoch} · {duration(job.seconds_left)} left"
    if job.state == "training" and job.total:
        return f"{job.done} of {job.total}"
    return STATES[job.state]


def duration(seconds: float) -> str:
    """A length of time in words, such as "2 min 5 s"."""
    seconds = round(seconds)
    hours, minutes = seconds // 3600, seconds % 3600 // 60
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


@contextmanager
def errors_shown() -> Iterator[None]:
    """Context manager that shows an error of its block on the page, which goes on.

    Errors of the system, such as for a folder that may only be read, are shown in one line, too.
    """
    try:
        yield
    except FacerecError as error:
        st.error(plain(error), icon=":material/error:")
    except OSError as error:
        what = error.filename or "A file"
        st.error(
            f"{plain(what)} cannot be used: {plain(error.strerror or error)}.",
            icon=":material/error:",
        )


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Context manager with a progress bar, the time left and a Stop button.

    It yields the progress callback that facerec's functions take. Stop works because a click makes
    Streamlit end the running script at its next call of Streamlit, which is in the callback.
    """
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, f"{plain(title)} …")
        st.button("Stop", icon=":material/stop:", key=f"stop-{title}")
    pace = Pace()
    drawn = 0.0

    def show(done: int, total: int) -> None:
        nonlocal drawn
        pace.step(done)
        now = time.monotonic()
        if now - drawn < 0.2 and done < total:
            return
        drawn = now
        words = f"{plain(title)}: {done} of {total}"
        if done:
            words += f" · {duration(pace.seconds_left(total))} left"
        bar.progress(done / total, words)

    yield show
    place.empty()
