"""Downloads: a run as a program, a report that works offline, the predictions as a table."""

import streamlit as st

from facerec.charts import report
from facerec.evaluation.comparison import Contender
from pages.compare_tabs.evaluations import judged, timed
from pages.shared.take_home import WHAT, take_home


def show(contenders: list[Contender]) -> None:
    """Draw the download buttons."""
    with_evaluation = judged(contenders)
    names = "-".join(item.run.name for item in contenders)
    first, left, right = st.columns(3, gap="large")
    with first:
        st.subheader("Take home")
        st.write(WHAT)
        by_name = {item.run.name: item.run for item in contenders}
        name = (
            st.selectbox("Run to take home", list(by_name)) if len(by_name) > 1 else [*by_name][0]
        )
        if name:
            take_home(by_name[name], "take-away")
    with left:
        st.subheader("Report")
        st.write(
            "The whole comparison with its charts in one file, which any browser opens without a "
            "network connection. It holds no faces."
        )
        st.download_button(
            "Download the report",
            lambda: report.html_report(timed(contenders)),
            f"facerec-{names[:80]}.html",
            "text/html",
            type="primary",
            icon=":material/article:",
            on_click="ignore",
        )
        st.caption(
            "Every chart can be saved as a PNG: point at it, and click the camera :material/"
            "photo_camera: above its right corner."
        )
    with right:
        st.subheader("Predictions")
        st.write(
            "One line for each image: its true class, and each run's prediction and probabilities "
            "of all classes. For a spreadsheet, or for your own statistics."
        )
        st.download_button(
            "Download as CSV",
            lambda: predictions(with_evaluation),
            f"facerec-{names[:80]}.csv",
            "text/csv",
            icon=":material/table:",
            disabled=not with_evaluation,
            on_click="ignore",
        )
        st.caption("The same figures without a browser:")
        st.code(f"python -m facerec evaluate {contenders[0].run.name} --json", language="sh")


def predictions(contenders: list[Contender]) -> bytes:
    """Content of the table of predictions as CSV, with a byte order mark for Excel."""
    table = report.predictions_table([(item.run, item.last_evaluation) for item in contenders])
    return table.to_csv(index=False).encode("utf-8-sig")
