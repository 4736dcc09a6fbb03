"""Compare: two or more runs side by side, and how they do on strangers."""

from typing import Any

import pandas as pd
import streamlit as st

from facerec import charts, runs
from facerec.charts import Curve
from facerec.dataset import list_datasets
from facerec.evaluation import evaluate
from facerec.history import kept_record
from facerec.networks import NETWORKS
from facerec.runs import Run
from facerec.sample_sets import STRANGERS
from pages import parts

HIGH_IS_GOOD = ["Accuracy", "Macro F1", "Images/s"]
LOW_IS_GOOD = ["Loss", "Training time (s)", "Parameters", "FAR", "FRR"]
BEST = "font-weight: bold; color: #15803d"


def final_figures(run: Run) -> dict[str, Any]:
    """A row of the table: how a run ended, and what it cost."""
    history, config = run.history(), run.config
    last = kept_record(history, config.keep)
    return {
        "Run": run.name,
        "Network": NETWORKS[config.network].title,
        "Accuracy": last["validation_accuracy"],
        "Macro F1": last["validation_macro_f1"],
        "Loss": last["validation_loss"],
        "Epochs": len(history),
        "Training time (s)": sum(record["seconds"] for record in history),
        "Images/s": sum(record["images_per_second"] for record in history) / len(history),
        "Parameters": run.info.parameters,
        "Data set": run.dataset_name,
        "Split": config.split,
    }


def stranger_figures(run: Run) -> dict[str, Any] | None:
    """A row of the table on held-out images and strangers, once the run was judged."""
    content = run.evaluation()
    if content is None:
        return None
    summary = content["summary"]
    low, high = summary["accuracy_interval"]
    return {
        "Run": run.name,
        "Accuracy": summary["accuracy"],
        "95 % interval": f"{low:.1%} – {high:.1%}",
        "Threshold": summary["threshold"],
        "FAR": summary["false_acceptance_rate"],
        "FRR": summary["false_rejection_rate"],
        "Images": summary["images"],
        "Strangers": content["strangers"] or "–",
    }


def best_marked(rows: list[dict[str, Any]], formats: dict[str, str]) -> Any:
    """The rows as a table with the best of each column in bold green."""
    table = pd.DataFrame(rows)
    styled = table.style.format(formats, na_rep="–")
    if len(rows) > 1:
        high = [name for name in HIGH_IS_GOOD if name in table and table[name].notna().any()]
        low = [name for name in LOW_IS_GOOD if name in table and table[name].notna().any()]
        styled = styled.highlight_max(high, props=BEST).highlight_min(low, props=BEST)
    return styled


def strangers_section(chosen: list[Run]) -> None:
    """Judge the runs on their held-out images and on people they never saw."""
    st.header("On images they never saw, and on strangers")
    st.write(
        "Validation says how often a network is right about people it knows. In front of a camera "
        "there are others too: **FAR** is the share of strangers' faces that get somebody's name, "
        "**FRR** the share of known people's faces that are called Unknown, both at the run's "
        "threshold."
    )
    names = [folder.name for folder in list_datasets()]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Strangers",
            names,
            index=names.index(STRANGERS) if STRANGERS in names else None,
            placeholder="A data set of people in none of the classes",
            help="The sample data has one: people that its other data set does not show.",
        )
        if st.button("Judge these runs", icon=":material/gavel:", type="primary"):
            folder = next((f for f in list_datasets() if f.name == name), None)
            with parts.errors_shown(), parts.progress("Judging") as progress:
                for done, run in enumerate(chosen, start=1):
                    evaluate(run, strangers=folder)
                    progress(done, len(chosen))
    rows = [row for run in chosen if (row := stranger_figures(run))]
    if rows:
        percent = {name: "{:.1%}" for name in ("Accuracy", "FAR", "FRR")}
        st.dataframe(best_marked(rows, {**percent, "Threshold": "{:.2f}"}), hide_index=True)


def manage(found: list[Run]) -> None:
    """Take runs away, bring them in, delete them."""
    with st.expander("Export, open and delete runs"):
        left, right = st.columns(2, gap="large")
        with left:
            name = st.selectbox("Run", [run.name for run in found])
            if name:
                run = Run.open(name)
                with st.container(horizontal=True):
                    st.download_button(
                        "Export as ZIP",
                        run.export,
                        f"{name}.zip",
                        icon=":material/download:",
                        on_click="ignore",
                    )
                    with st.popover("Delete", icon=":material/delete:"):
                        st.write(f"This deletes **{name}** with its weights and curves.")
                        if st.button("Delete it", type="primary"):
                            run.delete()
                            st.rerun()
        with right:
            upload = st.file_uploader("Open a run exported elsewhere", "zip")
            if upload and st.button("Open it", type="primary"):
                with parts.errors_shown():
                    run = runs.import_run(upload)
                    parts.use(run=run.name)
                    st.rerun()


parts.inside_app()
st.title("Compare")
found = runs.list_runs()
with_history = [run for run in found if run.history()]
if not with_history:
    parts.empty_state(
        "There is nothing to compare yet: two runs with at least one epoch each are wanted.",
        "pages/train.py",
        "Train a network",
        ":material/model_training:",
    )
    manage(found)
    st.stop()
by_name = {run.name: run for run in with_history}
names = st.multiselect(
    "Runs", list(by_name), default=list(by_name)[:3], placeholder="Choose two or more"
)
chosen = [by_name[name] for name in names]
if len(chosen) < 2:
    st.info(
        "Choose two or more runs."
        if len(by_name) > 1
        else "Train another network, and it stands here beside this one.",
        icon=":material/lightbulb:",
    )
if chosen:
    st.header("While they learned")
    st.caption("On the validation images, which the networks did not learn from.")
    curves = [Curve(run.name, run.config.network, run.history()) for run in chosen]
    st.plotly_chart(charts.compared_curves(curves), config={"displayModeBar": False})
    st.header("Where they ended")
    st.dataframe(
        best_marked(
            [final_figures(run) for run in chosen],
            {
                "Accuracy": "{:.1%}",
                "Macro F1": "{:.1%}",
                "Loss": "{:.3f}",
                "Training time (s)": "{:,.0f}",
                "Images/s": "{:.1f}",
                "Parameters": "{:,}",
            },
        ),
        hide_index=True,
    )
    for run in chosen:
        parts.remarks(run)
    strangers_section(chosen)
manage(found)
