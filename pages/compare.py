"""Compare page: which run is best, why, and where to set its threshold."""

from functools import partial

import streamlit as st

from facerec.charts.style import LONGEST_RUN, short
from facerec.collecting.samples import PEOPLE, STRANGERS
from facerec.datasets.folder import FaceFolder, list_datasets
from facerec.evaluation import thresholds as score_comparison
from facerec.evaluation.comparison import Contender
from facerec.evaluation.judging import evaluate, judging_seconds
from facerec.runs import catalogue
from facerec.runs.run import Run
from facerec.system import paths
from facerec.system.markdown import plain
from pages.compare_tabs import gap, map, mistakes, side_by_side, take_away, threshold, two_faces
from pages.compare_tabs.evaluations import contender
from pages.compare_tabs.titles import (
    GAP,
    MAP,
    MISTAKES,
    SIDE_BY_SIDE,
    TAKE_AWAY,
    THRESHOLD,
    TWO_FACES,
)
from pages.shared import addresses, cards, choosers, session
from pages.shared.how_long import how_long
from pages.shared.progress import errors_shown, progress_bar

MOST_TILES = 4
MOST_AT_FIRST = 3
HEADLINE_HELP = (
    "Share of strangers who get somebody's name at this run's threshold, and share of your own "
    "people who are refused. Only both together say whether a model can be trusted in front of a "
    "camera: one that refuses everybody names no stranger."
)
STRANGERS_HELP = (
    "A data set of people in none of the classes. It shows whether a network would open a door to "
    "strangers. The sample data has one with drawn people; real faces that the runs never saw are "
    "better."
)


def choose_runs(trained: list[Run]) -> list[Run]:
    """Draw the choice of the compared runs; at first, the run in use and the newest others."""
    by_name = {run.name: run for run in trained}
    in_use = session.run_in_use()
    first = [in_use.name] if in_use and in_use.name in by_name else []
    own = [name for name, run in by_name.items() if not run.info.experiment]
    newest = [*first, *(name for name in own if name not in first)][:MOST_AT_FIRST]
    # A widget with a key keeps its choice if a run is added or deleted.
    chosen = [name for name in st.session_state.get("compare-runs", newest) if name in by_name]
    st.session_state["compare-runs"] = chosen
    names = st.multiselect("Runs", list(by_name), placeholder="Choose runs", key="compare-runs")
    return [by_name[name] for name in names]


def choose_strangers(chosen: list[Run]) -> FaceFolder | None:
    """Draw the choice of the data set of strangers; at first, that of the last evaluation."""
    own = {run.dataset_name for run in chosen}
    by_name = {folder.name: folder for folder in list_datasets() if folder.name not in own}
    names = list(by_name)
    # Drawn strangers say nothing of real faces, so they are proposed beside drawn people only.
    drawn = [STRANGERS] if own == {PEOPLE} else []
    first = next((name for name in (*last_strangers(chosen), *drawn) if name in by_name), None)
    name = st.selectbox(
        "Strangers",
        names,
        index=names.index(first) if first else None,
        placeholder="Choose" if names else "No other data set",
        disabled=not names,
        help=STRANGERS_HELP,
    )
    return by_name.get(name) if name else None


def readable_contender(run: Run) -> Contender:
    """A run with its evaluation; a damaged evaluation is reported and counts as missing."""
    with errors_shown():
        return contender(run)
    return Contender(run, None)


def last_strangers(chosen: list[Run]) -> list[str]:
    """Names of the data sets of strangers in the runs' last evaluations."""
    found = [readable_contender(run).evaluation for run in chosen]
    return [item.strangers.dataset for item in found if item and item.strangers]


def judge(chosen: list[Run], strangers: FaceFolder | None) -> None:
    """Evaluate each run on its held-out images and on strangers; known results are reused."""
    for run in chosen:
        with errors_shown(), progress_bar(f"Judging {run.name}") as progress:
            evaluate(run, strangers=strangers, progress=progress)


def judged_already(item: Contender, strangers: FaceFolder | None) -> bool:
    """Whether a run was judged on its held-out images, and on strangers of this data set."""
    found = item.evaluation
    if found is None or strangers is None:
        return found is not None
    return found.strangers is not None and found.strangers.dataset == strangers.reference


def headline(contenders: list[Contender]) -> None:
    """Show the most important pair of each run: strangers who get a name, and people refused."""
    st.markdown("**Strangers named / your people refused**, at each run's threshold")
    shown = contenders[:MOST_TILES]
    for column, item in zip(st.columns(len(shown)), shown, strict=True):
        rates, text = (None, None), "Not judged yet."
        if item.summary:
            rates = item.summary.strangers_named, item.summary.people_refused
            text = f"{HEADLINE_HELP}\n\n{score_comparison.in_words(item.summary)}"
        column.metric(
            plain(short(item.run.name, LONGEST_RUN)),
            " / ".join("–" if rate is None else rate.short for rate in rates),
            help=text,
        )


def manage(found: list[Run]) -> None:
    """Draw buttons to download, import and delete runs."""
    with st.expander("Export, open and delete runs"):
        left, right = st.columns(2, gap="large")
        with left:
            name = st.selectbox("Run", [run.name for run in found])
            if name:
                run = Run.open(name)
                with st.container(horizontal=True):
                    st.download_button(
                        "Export as ZIP",
                        partial(catalogue.export, run),
                        f"{name}.zip",
                        icon=":material/download:",
                        on_click="ignore",
                    )
                    with st.popover("Delete", icon=":material/delete:"):
                        st.write(f"This deletes **{plain(name)}** with its weights and curves.")
                        if st.button("Delete it", type="primary"):
                            run.delete()
                            st.rerun()
        with right:
            upload = st.file_uploader("Open a run exported elsewhere", "zip")
            if upload is None:
                return
            with errors_shown():
                taken = [folder.name for folder in paths.subfolders(paths.models_folder())]
                name = choosers.free_name(catalogue.name_in(upload), taken)
                if st.button("Open it", type="primary"):
                    run = catalogue.import_run(upload, name)
                    session.use(run=run.name)
                    st.rerun()


session.inside_app()
st.title("Compare")
found = catalogue.list_runs()
trained = [run for run in found if run.trained]
if not trained:
    cards.empty_state(
        "Comparing needs runs that have finished an epoch. Train two or three networks on the same "
        "data set, and come back.",
        addresses.TRAIN,
        "Train a network",
        ":material/model_training:",
    )
    manage(found)
    st.stop()

left, right = st.columns([3, 2], vertical_alignment="bottom")
with left:
    chosen = choose_runs(trained)
with right, st.container(horizontal=True, vertical_alignment="bottom"):
    strangers = choose_strangers(chosen)
    wanted = st.button("Judge", icon=":material/gavel:", type="primary", disabled=not chosen)
if wanted:
    judge(chosen, strangers)
contenders = [readable_contender(run) for run in chosen]
if new := [item.run for item in contenders if not judged_already(item, strangers)]:
    judged_on = (strangers.reference, *strangers.counts().items()) if strangers else ()
    how_long(
        "judging",
        (*(run.cache_key for run in new), *judged_on),
        lambda: sum(judging_seconds(run, strangers=strangers) for run in new),
    )
if any(item.evaluation for item in contenders):
    headline(contenders)
for run in chosen:
    cards.remarks(run)
if not chosen:
    st.info("Choose the runs to compare.", icon=":material/lightbulb:")
else:
    contents = {
        SIDE_BY_SIDE: side_by_side,
        MISTAKES: mistakes,
        THRESHOLD: threshold,
        MAP: map,
        TWO_FACES: two_faces,
        GAP: gap,
        TAKE_AWAY: take_away,
    }
    tabs = st.tabs(list(contents), key="compare-tab", on_change="rerun")
    for tab, content in zip(tabs, contents.values(), strict=True):
        if tab.open:
            with tab:
                content.show(contenders)
manage(found)
