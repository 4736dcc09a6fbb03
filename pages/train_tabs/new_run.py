"""The form of a new run."""

import math
from dataclasses import replace
from typing import Any

import streamlit as st

from facerec.augmentation import saved as recipes
from facerec.augmentation.recipe import Augmentation
from facerec.charts import training as training_charts
from facerec.datasets.folder import FaceFolder, list_datasets
from facerec.errors import FacerecError
from facerec.networks.catalogue import NETWORKS
from facerec.networks.setting import GROUPS, LEARNING, Setting
from facerec.runs import catalogue, creating, differences
from facerec.runs.settings import PRESETS, USUAL, TrainingConfig, preset, training_settings
from facerec.system import jobs
from facerec.system.markdown import plain
from facerec.training import forecast
from facerec.training import job as training_jobs
from facerec.training.optimizers import rates
from pages.shared import choosers, session
from pages.shared.how_long import how_long
from pages.train_tabs import minutes
from pages.train_tabs.titles import RUN

UNSAVED = "Augment page (not saved)"
ANEW = "nothing: begin anew"
NOBODY = "none: learn from yours alone"


def form(folder: FaceFolder) -> TrainingConfig:
    """Draw the form with the button that starts a run, and give the settings it shows."""
    if wanted := st.session_state.pop("network_to_use", None):
        st.session_state["network"] = wanted
    names = list(NETWORKS)
    network = st.selectbox(
        "Network",
        names,
        format_func=lambda name: NETWORKS[name].title,
        key="network",
        persist_state="session",
        help="\n".join(f"- **{item.title}**: {item.description}" for item in NETWORKS.values()),
    )
    preset_name = st.pills(
        "Settings",
        list(PRESETS),
        format_func=PRESETS.__getitem__,
        default=USUAL,
        required=True,
        key="train-preset",
        persist_state="session",
    )
    if preset_name == USUAL:
        minutes.choose(folder, network)
    # Above the single settings: most runs start with those of the preset.
    start = st.container()
    config = preset(preset_name, folder.reference, network)
    # The keys depend on the preset, so that the fields start from its values.
    scope = f"{preset_name}-{network}"
    to_use: dict[str, Any] = st.session_state.pop("settings_to_use", {})
    settings = training_settings(network)
    values = {
        item.name: _setting(
            item, getattr(config, item.name), f"{item.name}-{scope}", to_use.get(item.name)
        )
        for item in settings
        if item.prominent
    }
    values["augmentation"] = _augmentation(preset_name, config.augmentation)
    if earlier := _continue_from(network):
        config = creating.continuing(config, earlier)
        scope = f"{scope}-{earlier}"
    values["strangers"] = _strangers(folder)
    others = [item for item in settings if not item.prominent]
    groups = [group for group in GROUPS if any(item.group == group for item in others)]
    with st.popover("All settings", icon=":material/settings:", width="stretch"):
        for group, tab in zip(groups, st.tabs(groups), strict=True):
            own = [item for item in others if item.group == group]
            with tab:
                columns = st.columns(2)
                for place, item in enumerate(own):
                    with columns[place % 2]:
                        values[item.name] = _setting(
                            item,
                            getattr(config, item.name),
                            f"{item.name}-{scope}",
                            to_use.get(item.name),
                        )
                if group == LEARNING:
                    _schedule(replace(config, **values))
    config = replace(config, **values)
    with start:
        _start_button(config)
    return config


def _schedule(config: TrainingConfig) -> None:
    """Draw how the learning rate will change."""
    figure = training_charts.schedule_curve(*rates(config))
    st.plotly_chart(figure, key="schedule-curve", config={"displayModeBar": False})


def _start_button(config: TrainingConfig) -> None:
    """Draw the name of the run, and the button that starts it if no other job is running."""
    suggestion = differences.free_name(config)
    name = st.text_input("Name of the run", placeholder=suggestion, key=f"run-name-{suggestion}")
    _start(config, name.strip() or suggestion, session.at_work())
    how_long(
        "training",
        config,
        lambda: forecast.job_seconds(config),
        at_most=bool(config.patience),
    )


@st.fragment(run_every=2)
def _start(config: TrainingConfig, name: str, work: str) -> None:
    if session.at_work() != work:
        # The whole page depends on the running job.
        st.rerun()
    pressed = st.button(
        "Start training",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        disabled=bool(work),
    )
    if work:
        st.caption(f"{work}: stop it, or wait, to start another.")
    # The message is kept in the session, since the next rerun would remove it.
    if pressed:
        st.session_state.pop("start-error", None)
        try:
            with st.spinner("Getting ready …"):
                jobs.refuse_if_busy()
                run = creating.create(name, config)
                training_jobs.start(run)
        except FacerecError as error:
            st.session_state["start-error"] = str(error)
        else:
            session.use(run=run.name)
            st.session_state["train_tab_to_open"] = RUN
            st.rerun()
    if error := st.session_state.get("start-error"):
        st.error(plain(error), icon=":material/error:")


def _setting(setting: Setting[Any], value: Any, key: str, wanted: Any = None) -> Any:
    """Draw the form field of one training setting, and give its value.

    The field starts from ``value``, and takes ``wanted`` in its place if that is given.
    """
    present = choosers.present(key, value)
    if wanted is not None:
        # Streamlit warns of a value beside one that was set in the session state.
        st.session_state[key], present = wanted, "min"
    title, low, high = setting.title, setting.minimum, setting.maximum
    if choices := setting.choices:
        names = list(choices)
        explained = setting.help + "".join(f"\n- {_explained(setting, name)}" for name in names)
        return st.selectbox(
            title,
            names,
            names.index(present),
            format_func=setting.shown,
            key=key,
            help=explained,
            persist_state="session",
        )
    if setting.kind is int:
        return st.number_input(
            title, int(low), int(high), present, key=key, help=setting.help, persist_state="session"
        )
    step, form = value / 10, "%.3g"
    if setting.step is not None:
        step, form = setting.step, f"%.{-math.floor(math.log10(setting.step))}f"
    return st.number_input(
        title, low, high, present, step, form, key, setting.help, persist_state="session"
    )


def _explained(setting: Setting[Any], name: str) -> str:
    """A choice with its title in bold."""
    text = (setting.choices or {})[name]
    title = setting.shown(name)
    return f"**{title}**: {text.removeprefix(f'{title}:').strip()}"


def _augmentation(preset_name: str, value: Augmentation) -> Augmentation:
    """Draw a select box of the presets, the saved recipes and the Augment page's recipe."""
    known = recipes.all_recipes()
    choices = known.by_name
    unsaved = st.session_state.get("augment-recipe", value)
    if unsaved not in choices.values():
        choices[UNSAVED] = unsaved
    # The Augment page may have sent the user here to train with its recipe.
    wanted = st.session_state.pop("recipe_to_use", None)
    key = f"augmentation-{preset_name}"
    if wanted is not None or st.session_state.get(key) not in choices:
        default = value if wanted is None else wanted
        st.session_state[key] = next(name for name in choices if choices[name] == default)
    chosen = st.selectbox(
        "Augmentation",
        list(choices),
        key=key,
        persist_state="session",
        help="Random changes of each image during training. See them on the Augment page.",
    )
    for remark in known.remarks:
        st.caption(f":material/warning: {plain(remark)}")
    return choices[chosen]


def _strangers(folder: FaceFolder) -> str:
    """Draw a select box of the other data sets, whose people are strangers; "" for none."""
    names = [item.name for item in list_datasets() if item.name != folder.name]
    return _one_or_none(
        "Strangers to refuse",
        NOBODY,
        names,
        f"train-strangers-{folder.name}",
        "A data set of many other people. Their faces come beside yours in each batch, and the "
        "network learns to call them Unknown. It then names far fewer strangers, but those who "
        "look like your people still often: a small network cannot tell them apart. Training takes "
        "longer.",
    )


def _continue_from(network: str) -> str:
    """Draw a select box of this network's trained runs; gives a name, or an empty string."""
    # The kind of an embedding recogniser is "gallery", so it is not among them.
    names = [run.name for run in catalogue.own_runs() if run.trained and run.kind == network]
    wanted = st.session_state.pop("continue_from_to_use", None)
    key = f"continue-from-{network}"
    if wanted in names:
        st.session_state[key] = wanted
    return _one_or_none(
        "Continue from",
        ANEW,
        names,
        key,
        "Begin with the weights of an earlier run of this network, which may have learned other "
        "people. What it knows about people in both runs is kept.",
    )


def _one_or_none(label: str, none: str, names: list[str], key: str, help: str) -> str:
    """Draw a select box of names that begins with ``none``, for which it gives ""."""
    if st.session_state.get(key) not in names:
        st.session_state[key] = none
    chosen = st.selectbox(label, [none, *names], key=key, help=help, persist_state="session")
    return "" if chosen == none else chosen
