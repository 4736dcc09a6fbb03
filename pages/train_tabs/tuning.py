"""Hyperparameter search: choose the settings, watch the trials, train with the best."""

import time
from dataclasses import replace

import pandas as pd
import streamlit as st
from optuna.trial import FrozenTrial

from facerec.charts import tuning as tuning_charts
from facerec.runs import creating, differences
from facerec.runs.settings import TrainingConfig
from facerec.system import jobs
from facerec.system.markdown import plain
from facerec.training import forecast
from facerec.training import job as training_jobs
from facerec.tuning import study as tuning
from facerec.tuning import workers as tuning_jobs
from facerec.tuning.search_space import Search, in_words, searchable, usual
from facerec.tuning.storage import STORAGE_VARIABLE, shown, storage_url
from facerec.tuning.study import Study
from pages.shared import session
from pages.shared.how_long import how_long
from pages.shared.progress import duration, errors_shown
from pages.train_tabs.titles import RUN

STATES = {
    "complete": "done",
    "pruned": "given up",
    "running": "training …",
    "fail": "failed",
    "waiting": "waiting",
}
MOST_TRIALS, MOST_MINUTES = 1000, 1440


def show(config: TrainingConfig) -> None:
    """Draw the form of a new search, which starts from ``config``, and all searches so far."""
    st.write(
        "Which settings are best? A search trains many times on a part of the data, each time with "
        "other settings, near those that did well before. Trials that fall behind are given up."
    )
    with errors_shown():
        _searches(config, tuning.study_names())


def _searches(config: TrainingConfig, names: list[str]) -> None:
    if wanted := st.session_state.pop("study_to_open", None):
        st.session_state["study"] = wanted
    if st.session_state.get("study") not in names:
        st.session_state.pop("study", None)
    with st.expander("New search", expanded=not names, icon=":material/add:"):
        with errors_shown():
            _new(config, names)
    if names:
        name = st.selectbox("Search", names, len(names) - 1, key="study")
        study = Study(name)
        if tuning_jobs.active_workers(name):
            st.fragment(_study, run_every=2)(study, True)
        else:
            _study(study, False)


def _new(config: TrainingConfig, names: list[str]) -> None:
    labels = searchable(config.network)
    searched = st.pills(
        "Settings to search",
        list(labels),
        format_func=labels.__getitem__,
        selection_mode="multi",
        default=usual(config.network),
        key=f"searched-{config.network}",
        help="All others stay as in the form on the left.",
    )
    with st.container(horizontal=True):
        trials = st.number_input(
            "Trials",
            1,
            MOST_TRIALS,
            12,
            key="search-trials",
            persist_state="session",
            help="How many trainings at most.",
        )
        minutes = st.number_input(
            "Minutes",
            1,
            MOST_MINUTES,
            10,
            key="search-minutes",
            persist_state="session",
            help="After how long the search ends.",
        )
        epochs = st.number_input(
            "Epochs of each",
            1,
            1000,
            min(config.epochs, 8),
            key="search-epochs",
            persist_state="session",
            help="How often each trial sees its training images. Few suffice to compare settings.",
        )
    with st.container(horizontal=True):
        share = st.number_input(
            "Share of the data",
            0.05,
            1.0,
            0.5,
            0.05,
            key="search-share",
            persist_state="session",
            help="On fewer images trials are quicker, and still tell good settings from bad.",
        )
        count = st.number_input(
            "Workers at once",
            1,
            tuning_jobs.MOST_WORKERS,
            2,
            key="search-workers",
            persist_state="session",
            help="Trainings at the same time on this computer. They share its processor cores.",
        )
        name = st.text_input("Name", placeholder=_free_name(names), key=f"study-{len(names)}")
    st.caption(
        f"Kept in {plain(shown(storage_url()))}.",
        help=f"Set the environment variable {STORAGE_VARIABLE} to the address of another "
        "database, such as PostgreSQL, and workers on other computers can join.",
    )
    work = session.at_work()
    base = replace(config, epochs=int(epochs), share=float(share))
    how_long(
        "search",
        (base, trials, minutes),
        lambda: min(trials * forecast.training_seconds(base), 60 * minutes),
        at_most=True,
    )
    if work:
        st.caption(f"{work}: stop it, or wait, to start a search.")
    if st.button(
        "Start the search", type="primary", icon=":material/play_arrow:", disabled=bool(work)
    ):
        search = Search(base, tuple(searched), int(trials), float(minutes))
        _start(search, name.strip() or _free_name(names), int(count))


def _start(search: Search, name: str, workers: int) -> None:
    jobs.refuse_if_busy()
    study = Study.create(name, search)
    tuning_jobs.start(study.name, workers)
    st.session_state["study_to_open"] = study.name
    st.rerun()


def _free_name(names: list[str]) -> str:
    number = 1
    while (name := f"search-{number}") in names:
        number += 1
    return name


def _study(study: Study, was_active: bool) -> None:
    """Show a study's trials and figures, every two seconds while it has workers."""
    # A fragment that reruns is outside the blocks of its first caller, so it needs its own.
    with errors_shown():
        _draw(study, was_active)


def _draw(study: Study, was_active: bool) -> None:
    workers = tuning_jobs.active_workers(study.name)
    if was_active != bool(workers):
        st.rerun()
    search, done = study.search, study.done()
    if workers:
        left = duration(max(study.deadline - time.time(), 0))
        text = f"{done} of {search.trials} trials · {len(workers)} at work · at most {left} left"
        st.progress(min(done / search.trials, 1.0), text)
    else:
        st.progress(min(done / search.trials, 1.0), f"{done} of {search.trials} trials")
        for worker in tuning_jobs.workers(study.name):
            job = worker.status()
            if job.state in ("failed", "interrupted"):
                st.error(plain(job.message), icon=":material/error:")
    _acts(study, bool(workers))
    _best(study, bool(workers))
    if (figure := tuning_charts.progress(study)) is not None:
        st.plotly_chart(figure, key="study-progress", config={"displayModeBar": False})
    _trials(study)
    if (figure := tuning_charts.importances(study)) is not None:
        st.markdown(
            "**Importance of each setting**",
            help="Share of the differences between trials that the setting explains.",
        )
        st.plotly_chart(figure, key="study-importances", config={"displayModeBar": False})
    if (figure := tuning_charts.parallel_coordinates(study)) is not None:
        st.markdown(
            "**Every trial as a line**",
            help="A line goes from the trial's score through all of its settings. The darker the "
            "line, the better the trial. Where dark lines meet, a setting works well.",
        )
        st.plotly_chart(figure, key="study-parallel", config={"displayModeBar": False})


def _acts(study: Study, active: bool) -> None:
    with st.container(horizontal=True):
        if active:
            if st.button("Stop", icon=":material/stop:", key="stop-study"):
                tuning_jobs.stop(study.name)
            return
        with st.popover("Go on", icon=":material/play_arrow:"):
            search = study.search
            more = st.number_input("More trials", 1, MOST_TRIALS, min(search.trials, MOST_TRIALS))
            before = min(max(int(search.minutes), 1), MOST_MINUTES)
            minutes = st.number_input("Minutes", 1, MOST_MINUTES, before, key="more-minutes")
            count = st.number_input("Workers at once", 1, tuning_jobs.MOST_WORKERS, 2, key="more")
            if st.button("Start", type="primary"):
                with errors_shown():
                    study.go_on(study.done() + int(more), float(minutes))
                    tuning_jobs.start(study.name, int(count))
                    st.rerun()
        with st.popover("Delete", icon=":material/delete:"):
            st.write(f"This deletes the search **{plain(study.name)}** with its trials.")
            if st.button("Delete it", type="primary", icon=":material/delete:", key="drop-study"):
                study.delete()
                st.rerun()


def _best(study: Study, active: bool) -> None:
    best = study.best()
    if best is None:
        if active or not study.trials():
            st.info("The first trial is on its way.", icon=":material/hourglass_empty:")
        else:
            st.info("No trial has ended yet: let the search go on.", icon=":material/lightbulb:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.metric("Best macro F1", f"{best.value:.1%}", width="content")
        st.write(in_words(best.params, study.search.config.network))
    config = study.best_config()
    epochs = st.number_input(
        "Epochs of the run", 1, 1000, max(config.epochs, 25), key=f"epochs-{study.name}"
    )
    if st.button(
        "Train with the best settings",
        type="primary",
        icon=":material/model_training:",
        disabled=bool(session.at_work()),
    ):
        with errors_shown(), st.spinner("Getting ready …"):
            config = replace(config, epochs=int(epochs))
            jobs.refuse_if_busy()
            run = creating.create(differences.free_name(config), config)
            training_jobs.start(run)
            session.use(run=run.name)
            st.session_state["train_tab_to_open"] = RUN
            st.rerun()


def _trials(study: Study) -> None:
    network = study.search.config.network
    rows = [
        {
            "Trial": trial.number + 1,
            "State": _state(trial),
            "Macro F1": None if trial.value is None else 100 * trial.value,
            "Settings": in_words(trial.params, network),
            "Remark": tuning.why_without_result(trial),
        }
        for trial in reversed(study.trials())
    ]
    if rows:
        st.dataframe(
            pd.DataFrame(rows),
            hide_index=True,
            height=min(35 * (len(rows) + 1) + 3, 250),
            column_config={"Macro F1": st.column_config.NumberColumn(format="%.1f %%")},
        )


def _state(trial: FrozenTrial) -> str:
    return "stopped" if "stopped" in trial.user_attrs else STATES[trial.state.name.lower()]
