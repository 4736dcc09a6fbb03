"""Train: choose a network and settings, start, and watch the curves move."""

from dataclasses import replace
from typing import Any

import streamlit as st

from facerec import charts, jobs, recipes, runs, training_jobs
from facerec.augmentation import Augmentation
from facerec.charts import Curve
from facerec.dataset import FaceFolder
from facerec.networks import NETWORKS
from facerec.runs import Run
from facerec.settings import PRESETS, TrainingConfig, preset, setting_fields
from pages import parts

UNSAVED = "Augment page (not saved)"


def setting_input(item: Any, value: Any, key: str) -> Any:
    """The form field of one training setting."""
    label, help_text, choices = (item.metadata[name] for name in ("label", "help", "choices"))
    low, high = item.metadata["minimum"], item.metadata["maximum"]
    if choices:
        names = list(choices)
        explained = help_text + "".join(f"\n- **{name}**: {choices[name]}" for name in names)
        return st.selectbox(label, names, names.index(value), key=key, help=explained)
    if item.type is int:
        return st.number_input(label, int(low), int(high), value, key=key, help=help_text)
    form = "%.1e" if low < 0.001 else "%.2f"
    step = value / 2 if low < 0.001 else 0.05
    return st.number_input(label, low, high, value, step, form, key=key, help=help_text)


def choose_augmentation(preset_name: str, value: Augmentation) -> Augmentation:
    """A select box of the presets, the saved recipes and what the Augment page shows now."""
    known = recipes.all_recipes()
    choices = known.by_name
    unsaved = st.session_state.get("augment-recipe", value)
    if unsaved not in choices.values():
        choices[UNSAVED] = unsaved
    # Somebody may have come here to train with what the Augment page shows.
    wanted = st.session_state.pop("recipe_to_use", None)
    key = f"augmentation-{preset_name}"
    if wanted is not None or st.session_state.get(key) not in choices:
        default = value if wanted is None else wanted
        st.session_state[key] = next(name for name in choices if choices[name] == default)
    chosen = st.selectbox(
        "Augmentation",
        list(choices),
        key=key,
        help="Chance changes of each image while training. See them on the Augment page.",
    )
    for remark in known.remarks:
        st.caption(f":material/warning: {remark}")
    return choices[chosen]


def new_run(folder: FaceFolder) -> None:
    """The form of a new run."""
    network = st.radio(
        "Network",
        list(NETWORKS),
        format_func=lambda name: NETWORKS[name].title,
    )
    st.caption(NETWORKS[network].description)
    preset_name = st.segmented_control(
        "Settings", PRESETS, default=PRESETS[0], required=True, key="train-preset"
    )
    config = preset(preset_name, folder.reference, network)
    # Other widgets for another preset, so that they begin with its values.
    scope = f"{preset_name}-{network}"
    first = ("epochs", "split")
    fields = {item.name: item for item in setting_fields(network)}
    values = {
        name: setting_input(fields[name], getattr(config, name), f"{name}-{scope}")
        for name in first
    }
    values["augmentation"] = choose_augmentation(preset_name, config.augmentation)
    with st.expander("All settings"):
        for name, item in fields.items():
            if name not in first:
                values[name] = setting_input(item, getattr(config, name), f"{name}-{scope}")
    config = replace(config, **values)
    suggestion = runs.free_name(config)
    name = st.text_input("Name of the run", placeholder=suggestion, key=f"run-name-{suggestion}")
    if st.button("Start training", type="primary", icon=":material/play_arrow:", width="stretch"):
        with parts.errors_shown(), st.spinner("Getting ready …"):
            start(config, name.strip() or suggestion)


def start(config: TrainingConfig, name: str) -> None:
    """Make the run, start its process, and watch it."""
    jobs.refuse_if_busy()
    run = Run.create(name, config)
    training_jobs.start(run)
    parts.use(run=run.name)
    st.rerun()


@st.fragment(run_every=1)
def watch(run: Run, was_active: bool) -> None:
    """A run's state, its curves, and what can be done with it; drawn again every second."""
    job = training_jobs.status(run)
    if was_active and not job.active:
        # The rest of the page offers what can be done now.
        st.rerun()
    history, epochs = run.history(), run.config.epochs
    done = job.done / job.total if job.total else len(history) / epochs
    if job.state == "failed":
        st.error(job.message, icon=":material/error:")
    elif job.state == "interrupted":
        st.warning(job.message, icon=":material/warning:")
    if job.state == "starting":
        st.progress(0.0, "Starting: the network is being built …")
    elif job.active:
        st.progress(
            done,
            f"Epoch {max(job.epoch, 1)} of {epochs}, {job.phase or 'training'} · "
            + (f"{parts.duration(job.seconds_left)} left" if job.total else "first batch …"),
        )
    else:
        st.progress(
            len(history) / epochs, f"{parts.STATES[job.state]}: {len(history)} of {epochs} epochs"
        )
    with st.container(horizontal=True):
        if job.active:
            stopping = run.job.stop_file.exists()
            if st.button(
                "Stopping after this batch …" if stopping else "Stop",
                icon=":material/stop:",
                disabled=stopping,
            ):
                run.job.stop()
                st.rerun(scope="fragment")
        elif job.state != "finished":
            if st.button("Resume", type="primary", icon=":material/play_arrow:"):
                with parts.errors_shown():
                    training_jobs.start(run)
                    st.rerun()
        else:
            st.page_link("pages/live.py", label="See it live", icon=":material/videocam:")
            st.page_link("pages/compare.py", label="Compare", icon=":material/bar_chart:")
    if job.active and job.message:
        st.caption(job.message)
    last = history[-1] if history else {}
    with st.container(horizontal=True):
        for label, key in (
            ("Validation accuracy", "validation_accuracy"),
            ("Validation macro F1", "validation_macro_f1"),
        ):
            st.metric(label, f"{last[key]:.1%}" if last else "–", width="content")
        st.metric(
            "Validation loss", f"{last['validation_loss']:.3f}" if last else "–", width="content"
        )
        st.metric(
            "Images a second", f"{last['images_per_second']:.0f}" if last else "–", width="content"
        )
    if history:
        figure = charts.training_curves(Curve(run.name, run.config.network, history), epochs)
        st.plotly_chart(figure, key="training-curves", config={"displayModeBar": False})
    else:
        st.info("The curves begin when the first epoch is done.", icon=":material/show_chart:")


st.title("Train")
folder, run = parts.dataset_in_use(), parts.run_in_use()
if folder is None:
    parts.empty_state(
        "There is no data set to train on yet.",
        "pages/home.py",
        "Load the sample data, or make your own",
        ":material/home:",
    )
    st.stop()
# What is being trained comes first, also after a reload of the page.
run = training_jobs.running() or run
form, curves = st.columns([2, 5], gap="medium")
with form:
    active = run is not None and training_jobs.status(run).active
    with st.container(border=True):
        st.subheader("New run")
        st.caption(f"On the data set **{folder.name}**, {sum(folder.counts().values())} images")
        if active:
            st.caption(f"{run.name} is being trained: stop it, or wait, to start another.")
        new_run(folder)
with curves:
    if run is None:
        st.info(
            "Choose a network on the left and start. The curves appear here, and move while it "
            "learns.",
            icon=":material/lightbulb:",
        )
    else:
        st.subheader(f"{run.name}")
        st.caption(
            f"{NETWORKS[run.config.network].title} · {run.info.parameters:,} parameters, "
            f"{run.info.trained_parameters:,} of them trained · data set {run.dataset_name}"
        )
        parts.remarks(run)
        watch(run, active)
