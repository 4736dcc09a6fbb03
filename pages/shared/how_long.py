"""How long an act will take on this computer, measured on request before it begins."""

from collections.abc import Callable, Hashable

import streamlit as st

from facerec.system import jobs
from pages.shared import session
from pages.shared.progress import duration, errors_shown


def how_long(
    act: str,
    of: Hashable,
    measure: Callable[[], float],
    *,
    at_most: bool = False,
) -> None:
    """Draw how long an act will take, or the button that measures it.

    Parameters
    ----------
    act : str
        A word for the act, which tells the buttons of a page apart.
    of : hashable
        What the act works on; for anything else, it is measured anew.
    measure : callable
        Gives the seconds; its errors are shown.
    at_most : bool
        Whether the act may end earlier.
    """
    known: dict[Hashable, float] = st.session_state.setdefault("promised-seconds", {})
    if (act, of) in known:
        most = "At most" if at_most else "About"
        time = duration(max(known[act, of], 1.0))
        st.caption(f"{most} **{time}** on this computer, if nothing else runs.")
    elif st.button(
        "How long will it take?",
        icon=":material/timer:",
        type="tertiary",
        disabled=bool(session.at_work()),
        key=f"how-long-{act}",
        help="Tries it for some seconds on this computer.",
    ):
        with errors_shown(), st.spinner("Measuring this computer …"):
            jobs.refuse_if_busy()
            known[act, of] = measure()
            st.rerun()
