"""The learning rate test: its chart, and a suggested value for the form."""

import streamlit as st

from facerec.charts import training as training_charts
from facerec.networks.catalogue import NETWORKS
from facerec.runs.settings import TrainingConfig, training_settings
from facerec.system.markdown import plain
from facerec.training import learning_rate_finder
from facerec.training.learning_rate_finder import LearningRateTest
from pages.shared import session
from pages.shared.progress import errors_shown


def show(config: TrainingConfig) -> None:
    """Draw the button that tests with the form's settings, the progress, and the last result."""
    st.write(
        "The learning rate decides how far the network moves at each step. The test tries ever "
        "larger ones for a few batches each: where the loss falls fast, the network learns fast; "
        "where it rises, the steps are too large."
    )
    if learning_rate_finder.job().status().active:
        _progress()
        return
    work = session.at_work()
    pressed = st.button(
        "Find a learning rate", type="primary", icon=":material/speed:", disabled=bool(work)
    )
    if work:
        st.caption(f"{work}: stop it, or wait.")
    if pressed:
        with errors_shown():
            learning_rate_finder.start(config)
            st.rerun()
    job = learning_rate_finder.job().status()
    if job.state in ("failed", "interrupted"):
        st.error(plain(job.message), icon=":material/error:")
    if (test := learning_rate_finder.last_test()) is not None:
        _result(test, config)


@st.fragment(run_every=1)
def _progress() -> None:
    job = learning_rate_finder.job().status()
    if not job.active:
        st.rerun()
    total = job.total or learning_rate_finder.STEPS
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(job.done / total, f"Step {job.done} of {total}")
        if st.button("Stop", icon=":material/stop:", key="stop-learning-rate-test"):
            learning_rate_finder.job().stop()


def _result(test: LearningRateTest, config: TrainingConfig) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.metric("Suggested learning rate", f"{test.suggestion:g}", width="content")
        if st.button("Use it", icon=":material/check:"):
            st.session_state["settings_to_use"] = {"learning_rate": test.suggestion}
            st.rerun()
    st.plotly_chart(
        training_charts.learning_rate_test(test.rates, test.losses, test.suggestion),
        key="learning-rate-test",
        config={"displayModeBar": False},
    )
    if other := _differences(test.config, config):
        st.caption(
            f":material/info: This test was made with other settings than the form's: {other}. "
            "Make another to be sure."
        )


def _differences(tested: TrainingConfig, wanted: TrainingConfig) -> str:
    """Settings that influence the learning rate and differ from the test's, in words."""
    names = {"dataset": "data set", "network": "network"} | {
        setting.name: setting.title.lower()
        for setting in training_settings()
        if setting.sways_learning_rate
    }
    found = [
        f"{label} {_shown(getattr(tested, name))}"
        for name, label in names.items()
        if getattr(tested, name) != getattr(wanted, name)
    ]
    return ", ".join(found)


def _shown(value: object) -> str:
    return NETWORKS[value].title if isinstance(value, str) and value in NETWORKS else str(value)
