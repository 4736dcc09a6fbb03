"""An experiment while it runs and after it: the effect, what it says, and where to go on."""

import streamlit as st

from facerec.charts import experiments as charts
from facerec.experiments import findings, work
from facerec.experiments.experiment import Experiment
from facerec.experiments.factors import THRESHOLD
from facerec.experiments.findings import MEASURES
from facerec.system.jobs import Job
from facerec.system.markdown import plain
from pages.shared import addresses, cards, session
from pages.shared.progress import STATES, duration, errors_shown

TABS = ("Effect", "Strangers", "Curves", "All trainings")


def choose(names: list[str]) -> str:
    """Draw the choice of an experiment, the newest first, and give its name."""
    if wanted := st.session_state.pop("experiment_to_open", None):
        st.session_state["experiment"] = wanted
    if st.session_state.get("experiment") not in names:
        st.session_state.pop("experiment", None)
    return st.selectbox("Experiment", names, key="experiment", label_visibility="collapsed")


def show(experiment: Experiment) -> None:
    """Show an experiment, every two seconds while it is under way."""
    active = experiment.job.status().active
    if active:
        st.fragment(_shown, run_every=2)(experiment, active)
    else:
        _shown(experiment, active)


def _shown(experiment: Experiment, was_active: bool) -> None:
    # A fragment that reruns is outside the blocks of its first caller, so it needs its own.
    with errors_shown():
        job = experiment.job.status()
        if job.active != was_active:
            st.rerun()
        _draw(experiment, job)


def _draw(experiment: Experiment, job: Job) -> None:
    plan, ended = experiment.plan, [item for item in experiment.results() if item.ended]
    if plan.question:
        st.markdown(f"##### {plain(plan.question)}")
    _progress(experiment, job, len(ended))
    if not experiment.outcomes():
        st.info("The chart begins with the first training that is done.",
                icon=":material/show_chart:")  # fmt: skip
        return
    with st.container(border=True):
        if plan.guess:
            st.caption(f"You guessed: {plain(plan.guess)}")
        for text in findings.sentences(experiment):
            st.markdown(f"**{plain(text)}**")
    _charts(experiment)
    _acts(experiment, job)


def _progress(experiment: Experiment, job: Job, ended: int) -> None:
    total = len(experiment.results())
    predicted = experiment.predicted_seconds
    if job.active:
        left = f" · {duration(job.seconds_left)} left" if job.seconds_left else ""
        with st.container(horizontal=True, vertical_alignment="center"):
            words = f"{ended} of {total} trainings · {plain(job.message)}{left}"
            st.progress(min(ended / total, 1.0), words)
            stopping = experiment.job.stop_file.exists()
            if st.button("Stopping …" if stopping else "Stop", icon=":material/stop:",
                         disabled=stopping):  # fmt: skip
                experiment.job.stop()
        return
    if job.state in ("failed", "interrupted"):
        st.error(plain(job.message), icon=":material/error:")
    took = sum(item.outcome.seconds for item in experiment.outcomes() if item.outcome)
    words = f"{STATES[job.state].capitalize()}: {ended} of {total} trainings"
    if experiment.done:
        words = f"Finished: {total} trainings in {duration(took)}"
        most = "at most " if experiment.plan.may_end_early else ""
        words += f", predicted {most}{duration(predicted)}" if predicted else ""
    st.progress(min(ended / total, 1.0), words)
    if not experiment.done and st.button(
        "Go on", type="primary", icon=":material/play_arrow:", disabled=bool(session.at_work())
    ):
        work.start(experiment)
        st.rerun()


def _charts(experiment: Experiment) -> None:
    plan, name = experiment.plan, experiment.name
    tabs = st.tabs(list(TABS))
    with tabs[0]:
        measure = st.pills(
            "Measure",
            list(MEASURES),
            format_func=MEASURES.__getitem__,
            default=findings.main_measure(plan),
            required=True,
            key=f"experiment-measure-{name}",
            label_visibility="collapsed",
        )
        if any(getattr(item.outcome, measure) is not None for item in experiment.outcomes()):
            figure = charts.effect_chart(experiment, measure)
            st.plotly_chart(figure, key=f"effect-{name}", config=cards.chart_config("effect"))
        else:
            st.info("Choose strangers to judge by, and this is measured, too.")
    with tabs[1]:
        if (figure := charts.strangers_chart(experiment)) is None:
            st.info("This experiment was not judged on strangers: choose some in the form.")
        else:
            st.plotly_chart(figure, key=f"strangers-{name}", config=cards.chart_config("strangers"))
            for text in findings.sentences(experiment, "strangers_named"):
                st.write(plain(text))
            st.caption(
                "Lower left is better. Strangers are people whom no network here has learned; both "
                f"shares are those at a threshold of {plan.threshold_of(plan.trials()[0]):g}."
                if plan.factor != THRESHOLD
                else "Lower left is better. The line goes through the thresholds."
            )
    with tabs[2]:
        if (figure := charts.curves(experiment)) is not None:
            st.caption("Validation curves of the first seed's trainings.")
            st.plotly_chart(figure, key=f"curves-{name}", config=cards.chart_config("curves"))
    with tabs[3]:
        st.dataframe(findings.table(experiment), hide_index=True, height=300)


def _acts(experiment: Experiment, job: Job) -> None:
    runs = [run.name for run in experiment.runs() if run.trained]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button(
            "HTML",
            lambda: charts.html_report(experiment),
            f"{experiment.name}.html",
            "text/html",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "CSV",
            lambda: findings.table(experiment).to_csv(index=False),
            f"{experiment.name}.csv",
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
        if runs and st.button("Compare its runs", icon=":material/bar_chart:"):
            st.session_state["compare-runs"] = runs[:6]
            session.use(run=runs[0])
            st.switch_page(addresses.COMPARE)
        with st.popover("Delete", icon=":material/delete:", disabled=job.active):
            st.write("The experiment and its runs are deleted.")
            if st.button("Delete now", type="primary", key=f"delete-{experiment.name}"):
                experiment.delete()
                st.rerun()
