"""A run during training and after it."""

import streamlit as st

from facerec.charts import training as training_charts
from facerec.charts.style import Look, run_looks
from facerec.charts.training import Curve
from facerec.networks.catalogue import NETWORKS
from facerec.runs.history import kept_record, read_batch_losses
from facerec.runs.run import Run
from facerec.system.jobs import Job
from facerec.system.markdown import plain
from facerec.training import job as training_jobs
from facerec.training.advice import advice
from pages.shared import addresses, cards
from pages.shared.progress import STATES, duration, errors_shown
from pages.train_tabs import enrolled


def show(run: Run) -> None:
    """Show the run's title, settings and progress."""
    if run.is_enrolled:
        enrolled.show(run)
        return
    st.subheader(plain(run.name))
    st.caption(
        f"{NETWORKS[run.config.network].title} · {run.info.parameters:,} parameters, "
        f"{run.info.trained_parameters:,} of them trained · data set {plain(run.dataset_name)}"
    )
    cards.remarks(run)
    _watch(run, training_jobs.status(run).active)


@st.fragment(run_every=2)
def _watch(run: Run, was_active: bool) -> None:
    """Show the run's state, actions and curves, every two seconds."""
    job = training_jobs.status(run)
    other = training_jobs.running()
    if was_active != job.active or (other is not None and other.name != run.name):
        # The rest of the page depends on the running job, which another tab may have started.
        st.rerun()
    history, look = run.history(), run_looks()[run.name]
    _state(run, job, len(history))
    with st.container(horizontal=True):
        _acts(run, job)
    _figures(run, job, history)
    if not history:
        st.info("The curves begin when the first epoch is done.", icon=":material/show_chart:")
    else:
        kept = kept_record(history, run.config.keep)
        curve = Curve(run.name, look, history)
        figure = training_charts.training_curves(curve, run.config.epochs, kept["epoch"])
        st.plotly_chart(figure, key="training-curves", config={"displayModeBar": False})
        for text in _advice(run.name, run.info.created, len(history), run):
            st.info(text, icon=":material/school:")
    _details(run, history, look)


def _state(run: Run, job: Job, epochs: int) -> None:
    """Show a progress bar with words."""
    if job.state == "failed":
        st.error(plain(job.message), icon=":material/error:")
    elif job.state == "interrupted":
        st.warning(plain(job.message), icon=":material/warning:")
    if job.state == "starting":
        st.progress(0.0, job.message or "Starting: the network is being built …")
    elif job.active and job.total:
        st.progress(
            job.done / job.total,
            f"Epoch {job.epoch} of {run.config.epochs} · {job.phase}, batch {job.batch} of "
            f"{job.batches} · {duration(job.seconds_left)} left",
        )
    elif job.active:
        st.progress(0.0, "First batch …")
    else:
        st.progress(
            min(epochs / run.config.epochs, 1.0),
            f"{STATES[job.state].capitalize()}: {epochs} of {run.config.epochs} epochs",
        )
    if job.message and job.state in ("training", "finished"):
        st.caption(plain(job.message))


def _acts(run: Run, job: Job) -> None:
    """Draw the buttons for a run in this state."""
    if job.active:
        stopping = run.job.stop_file.exists()
        label = "Stopping after this batch …" if stopping else "Stop"
        if st.button(label, icon=":material/stop:", disabled=stopping):
            run.job.stop()
            st.rerun(scope="fragment")
        return
    if job.state == "finished":
        st.page_link(addresses.LIVE, label="See it live", icon=":material/videocam:")
        st.page_link(addresses.COMPARE, label="Compare", icon=":material/bar_chart:")
    elif st.button("Resume", type="primary", icon=":material/play_arrow:"):
        with errors_shown():
            training_jobs.start(run)
            st.rerun()
    if run.trained and st.button(
        "Continue in a new run",
        icon=":material/fork_right:",
        help="Sets the form on the left to begin with what this run has learned.",
    ):
        st.session_state["network_to_use"] = run.config.network
        st.session_state["continue_from_to_use"] = run.name
        st.rerun()


def _figures(run: Run, job: Job, history: list[dict]) -> None:
    """Show the main figures large enough for the back of the room."""
    kept = kept_record(history, run.config.keep) if history else {}
    with st.container(horizontal=True):
        for label, key in (
            ("Validation accuracy", "validation_accuracy"),
            ("Validation macro F1", "validation_macro_f1"),
        ):
            st.metric(
                label,
                f"{kept[key]:.1%}" if kept else "–",
                width="content",
                help=f"At epoch {kept['epoch']}, whose weights are kept." if kept else None,
            )
        rate = (
            job.images_per_second
            if job.active
            else history[-1:] and history[-1]["images_per_second"]
        )
        st.metric("Images a second", f"{rate:.0f}" if rate else "–", width="content")
        if job.active and job.loss:
            st.metric("Loss of this batch", f"{job.loss:.2f}", width="content")


def _details(run: Run, history: list[dict], look: Look) -> None:
    """Show loss and learning rate batch by batch, and the F1 score of each class."""
    losses = read_batch_losses(run.batch_losses_file)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        if len(losses):
            st.markdown(
                "**Batch by batch**",
                help="Each batch is a few images only, so its loss jumps. The running mean says "
                "whether the network learns.",
            )
            figure = training_charts.batch_losses(losses, look, run.config.epochs)
            st.plotly_chart(figure, key="batch-losses", config={"displayModeBar": False})
    with right:
        if history and "validation_f1_by_class" in history[-1]:
            kept = kept_record(history, run.config.keep)
            st.markdown(
                "**F1 by class**",
                help="How well each class is told from the others on validation images: 100 % if "
                "all of its images and no others get its name.",
            )
            scores = kept["validation_f1_by_class"]
            figure = training_charts.class_scores(scores, look)
            st.plotly_chart(figure, key="class-scores", config={"displayModeBar": False})


@st.cache_data(show_spinner=False, max_entries=50)
def _advice(name: str, created: str, epochs: int, _run: Run) -> list[str]:
    """Advice on the run after so many epochs, cached since it reads the whole data set."""
    return advice(_run)
