import os
import time

from tests.pages.conftest import button, job, texts
from tests.pages.train_tabs.conftest import charts


def test_curves_and_figures_of_a_finished_run(open_page, trained_run) -> None:
    # How good two epochs make it depends on the precision that is faster on this computer now.
    perfect = [{**record, "validation_accuracy": 1.0} for record in trained_run.history()]
    trained_run.write_history(perfect)
    app = open_page("train")
    last = trained_run.history()[-1]
    figures = {metric.label: metric.value for metric in app.metric}
    assert figures["Validation accuracy"] == f"{last['validation_accuracy']:.1%}"
    assert figures["Validation macro F1"] == f"{last['validation_macro_f1']:.1%}"
    assert figures["Images a second"] == f"{last['images_per_second']:.0f}"
    # The three curves and the classes; this run was trained without a job that counts batches.
    assert charts(app) == ["training-curves", "class-scores"]
    assert "Too good to be true" in texts(app)


def test_a_running_job_is_found_and_can_be_stopped(open_page, trained_run) -> None:
    progress = {"epoch": 2, "phase": "training", "batch": 1, "batches": 4, "done": 5, "total": 8}
    job(trained_run, "training", **progress, seconds_left=65.0, images_per_second=42.4, loss=0.5)
    app = open_page("train")
    told = [bar.text for bar in app.get("progress")]
    assert "Epoch 2 of 2 · training, batch 1 of 4 · 1 min 5 s left" in told
    figures = {metric.label: metric.value for metric in app.metric}
    assert (figures["Images a second"], figures["Loss of this batch"]) == ("42", "0.50")
    button(app, "Stop").click().run()
    assert trained_run.job.stop_file.exists()


def test_a_failed_run_says_why_and_can_be_resumed(open_page, trained_run, started) -> None:
    job(trained_run, "failed", message="Ada/session0_0001.jpg cannot be read as an image.")
    app = open_page("train")
    assert [e.value for e in app.error] == ["Ada/session0_0001.jpg cannot be read as an image."]
    button(app, "Resume").click().run()
    assert started == [trained_run.name]


def test_a_process_that_is_gone_is_noticed(open_page, trained_run) -> None:
    job(trained_run, "training", process_started=time.time() + 1000, process=os.getpid())
    app = open_page("train")
    assert "The process is gone" in texts(app)
    assert button(app, "Resume")
