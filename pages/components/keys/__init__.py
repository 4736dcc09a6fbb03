"""Component that hears keys of the whole page, with no field in focus."""

from collections.abc import Callable, Mapping
from pathlib import Path

import streamlit as st
from streamlit.components import v2

_HERE = Path(__file__).parent
_component = v2.component("facerec-keys", js=(_HERE / "keys.js").read_text(encoding="utf-8"))


def keys(acts: Mapping[str, Callable[[], None]], key: str) -> None:
    """Call an act before the page is drawn again whenever its key is pressed.

    Keys are named as in a browser's ``KeyboardEvent.key``, letters in lower case. Keys that are
    typed into a field, or pressed on a widget that uses them itself, are left alone.
    """

    done = f"{key}-done"

    def act() -> None:
        for time, pressed in st.session_state[key].pressed or []:
            if time > st.session_state.get(done, 0):
                st.session_state[done] = time
                acts[pressed]()

    _component(key=key, data={"keys": list(acts)}, default={"pressed": []}, on_pressed_change=act)
