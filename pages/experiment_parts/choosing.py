"""What an experiment turns: a ready-made question, or a factor of one's own."""

from dataclasses import replace

import streamlit as st

from facerec.collecting.samples import PEOPLE, STRANGERS
from facerec.datasets.folder import FaceFolder, list_datasets
from facerec.errors import FacerecError
from facerec.experiments import experiment as experiments
from facerec.experiments import forecast, work
from facerec.experiments.experiment import Experiment
from facerec.experiments.factors import factor_named, factors, value_from
from facerec.experiments.plan import MOST_SEEDS, Plan
from facerec.experiments.ready_made import NETWORK, READY_MADE
from facerec.runs.settings import EXPERIMENT, preset
from facerec.system import jobs
from facerec.system.markdown import plain
from pages.shared import choosers, session
from pages.shared.progress import duration, errors_shown, progress_bar

OWN = "A factor of your own"
NOBODY = "nobody"
TWICE = "By image and by session (twice the time)"


def form(folder: FaceFolder) -> None:
    """Draw the form of a new experiment, with the button that predicts its time and starts it."""
    st.subheader("New experiment")
    st.caption(f"On the data set **{plain(folder.name)}**, {sum(folder.counts().values())} images")
    ready = {f"{item.number} · {item.question}": item for item in READY_MADE}
    title = st.selectbox(
        "Question",
        [*ready, OWN],
        key="experiment-question",
        persist_state="session",
        help="The numbers are those of the fourteen factors in the report.",
    )
    what, start, more = st.container(), st.container(), st.container()
    with more, st.popover("Strangers and seeds", icon=":material/settings:", width="stretch"):
        strangers = _strangers(folder)
        seeds = _seeds()
        by_session = _by_session(folder)
    if title == OWN:
        with what:
            plan = _own(folder, strangers)
    else:
        chosen = ready[title]
        plan = chosen.plan(folder.reference, strangers)
        factor = factor_named(plan.factor, plan.config.network)
        values = ", ".join(factor.shown(value) for value in plan.values)
        with what:
            st.markdown(f"**{factor.title}**: {values}", help=factor.help)
        with more:
            st.caption(f":material/visibility: {chosen.watch}")
    plan = replace(plan, seeds=seeds)
    if by_session and not plan.second and plan.factor != "split":
        plan = replace(plan, second="split", second_values=("random", "session"))
    with start:
        _start(plan)


def _seeds() -> int:
    return st.number_input(
        "Seeds",
        1,
        MOST_SEEDS,
        choosers.present("experiment-seeds", 2),
        key="experiment-seeds",
        persist_state="session",
        help="How many trainings with each value. Only several show how much is chance.",
    )


def _by_session(folder: FaceFolder) -> bool:
    """Draw whether to validate in both ways, where each person has several sessions."""
    sessions: dict[str, set[str]] = {}
    for face in folder.face_files():
        sessions.setdefault(face.class_name, set()).add(face.session)
    if any(len(found) < 2 for found in sessions.values()):
        return False
    return st.toggle(
        TWICE,
        choosers.present("experiment-twice", False),
        key="experiment-twice",
        persist_state="session",
        help="Validates on images of the sessions that were learned, and on other sessions. The "
        "gap between both is what live recognition will feel.",
    )


def _own(folder: FaceFolder, strangers: str) -> Plan:
    """Draw the choice of a factor, its values, and a second factor."""
    known = factors(NETWORK)
    names = list(known)
    name = st.selectbox(
        "Factor",
        names,
        names.index("batch_size"),
        format_func=lambda item: known[item].title,
        key="experiment-factor",
        persist_state="session",
    )
    values = _values(name, "experiment-values")
    second = st.selectbox(
        "Second factor",
        [None, *(item for item in names if item != name)],
        format_func=lambda item: "none" if item is None else known[item].title,
        key="experiment-second",
        persist_state="session",
        help="All of its values are combined with all of the first factor's.",
    )
    second_values = _values(second, "experiment-second-values") if second else ()
    return Plan(
        preset(EXPERIMENT, folder.reference, NETWORK),
        name,
        values,
        second=second or "",
        second_values=second_values,
        strangers=strangers,
    )


def _values(name: str, key: str) -> tuple:
    """Draw the choice of a factor's values: names to pick from, or numbers to type."""
    factor = factor_named(name, NETWORK)
    st.caption(factor.help)
    if factor.choices is not None:
        return tuple(
            st.pills(
                "Values",
                list(factor.choices),
                format_func=factor.shown,
                selection_mode="multi",
                default=list(factor.choices)[:3],
                key=f"{key}-{name}",
            )
        )
    ready = next((item.values for item in READY_MADE if item.factor == name), ())
    proposed = ready or tuple(factor.space.values if factor.space else ())
    text = st.text_input(
        "Values",
        ", ".join(f"{value:g}" for value in proposed),
        placeholder=f"{factor.minimum:g}, {factor.maximum:g}",
        key=f"{key}-{name}",
        help="Numbers with commas between them.",
    )
    return tuple(value_from(part, factor) for part in text.split(",") if part.strip())


def _strangers(folder: FaceFolder) -> str:
    """Draw the choice of the data set of people whom nobody is to be taken for; "" for none."""
    names = [item.name for item in list_datasets() if item.name != folder.name]
    first = STRANGERS if folder.name == PEOPLE and STRANGERS in names else NOBODY
    options = [NOBODY, *names]
    chosen = st.selectbox(
        "Strangers to judge by",
        options,
        options.index(choosers.present(f"experiment-strangers-{folder.name}", first)),
        key=f"experiment-strangers-{folder.name}",
        persist_state="session",
        help="People who are not learned. The share of them who get a name is measured, beside "
        "the share of your own people who are refused.",
    )
    return "" if chosen == NOBODY else FaceFolder.open(chosen).reference


def _start(plan: Plan) -> None:
    """Draw the guess, and the button that first predicts the time, and then starts."""
    guess = st.text_input(
        "What do you expect?",
        placeholder="Write it down first, then look",
        key="experiment-guess",
        max_chars=200,
    )
    predicted: dict[Plan, float] = st.session_state.setdefault("experiment-seconds", {})
    trainings, at_work = plan.trainings, session.at_work()
    place = st.empty()
    if (seconds := predicted.get(plan)) is None:
        if place.button(
            "How long will it take?",
            icon=":material/timer:",
            width="stretch",
            disabled=bool(at_work),
        ):
            with place.container(), progress_bar("Measuring this computer") as progress:
                predicted[plan] = forecast.seconds_for(plan, progress)
            st.rerun()
        st.caption(f"{trainings} trainings. Some seconds of each tell how long all will take.")
    else:
        if place.button(
            f"Start ({'at most ' if plan.may_end_early else ''}{duration(seconds)})",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            disabled=bool(at_work) or not guess.strip(),
        ):
            with errors_shown():
                _begin(replace(plan, guess=guess.strip()), seconds)
        st.caption(
            f"{trainings} trainings." + ("" if guess.strip() else " Write down a guess first.")
        )
    if at_work:
        st.caption(f"{plain(at_work)}: stop it, or wait, to start another.")


def _begin(plan: Plan, seconds: float | None) -> None:
    jobs.refuse_if_busy()
    experiment = Experiment.create(experiments.free_name(plan.factor), plan, seconds)
    try:
        work.start(experiment)
    except FacerecError:
        experiment.delete()
        raise
    st.session_state["experiment_to_open"] = experiment.name
    st.rerun()
