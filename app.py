"""Entry point of the app: navigation, and the sidebar with data set, run and running training."""

import gc
import sys
from importlib import import_module
from pathlib import Path
from threading import Thread

import streamlit as st

from pages.shared import addresses

# An icon by name would be fetched from a font server.
ICON = Path(__file__).parent / "pages" / "components" / "icon.png"
NEEDED_LATER = (
    "facerec.live.pipeline",
    "facerec.evaluation.comparison",
    "facerec.embeddings.map",
    "facerec.tuning.study",
    "torchvision.models",
)
# Streamlit's wide layout has broad margins on all sides, too broad for a projector.
SPACE = """<style>
.stMainBlockContainer {padding: 2.5rem 2rem 3rem;}
.stSidebar[data-collapsed="false"] {min-width: 16rem; width: 16rem !important;}
.stSidebarHeader {height: 2.5rem; margin-bottom: 0;}
.stImage {gap: 0.4rem;}
.stImage > div {gap: 0.4rem;}
</style>"""


@st.cache_resource(show_spinner=False, max_entries=1)
def keep_loaded_modules(number: int) -> None:
    """Exclude all modules imported so far from garbage collection, whenever their number changes.

    Streamlit collects garbage after every run of a script or fragment, several times a second on
    the Live page. With PyTorch's half a million objects, each collection would stop video and
    recognition for half a second. Pages import it after the app has started.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner=False)
def sweep_leftovers() -> None:
    """Delete what a crash has left of folders that arrived or were deleted, once."""
    from facerec.system import files, paths

    datasets = paths.subfolders(paths.data_folder())
    raw = [folder / paths.RAW_FOLDER for folder in datasets]
    for parent in (paths.data_folder(), paths.models_folder(), *datasets, *raw):
        files.sweep(parent)


@st.cache_resource(show_spinner=False)
def import_ahead() -> None:
    """Import what takes seconds on other pages, once, while the first one is looked at."""

    def work() -> None:
        for name in NEEDED_LATER:
            import_module(name)

    Thread(target=work, daemon=True, name="import_ahead").start()


st.set_page_config(page_title="facerec", page_icon=str(ICON), layout="wide")
st.html(SPACE)
page = st.navigation(
    [
        st.Page(addresses.HOME, title="Home", icon=":material/home:", default=True),
        st.Page(addresses.DATASET, title="Data set", icon=":material/photo_library:"),
        st.Page(addresses.AUGMENT, title="Augment", icon=":material/auto_awesome_mosaic:"),
        st.Page(addresses.TRAIN, title="Train", icon=":material/model_training:"),
        st.Page(addresses.EXPERIMENTS, title="Experiments", icon=":material/science:"),
        st.Page(addresses.COMPARE, title="Compare", icon=":material/bar_chart:"),
        st.Page(addresses.LIVE, title="Live", icon=":material/videocam:"),
    ]
)
# PyTorch takes seconds to import after the start of the server: until then there is a word.
with st.spinner("facerec is starting …", show_time=True):
    from pages.shared import session
    from pages.shared.progress import errors_shown

keep_loaded_modules(len(sys.modules))
sweep_leftovers()
with errors_shown():
    session.sidebar()
with errors_shown():
    page.run()
import_ahead()
