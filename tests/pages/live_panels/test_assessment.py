from tests.pages.conftest import button, look_at_one_face, texts, widget


def test_before_the_camera_is_on_nobody_can_be_counted(open_page, trained_run) -> None:
    app = open_page("live")
    assert button(app, "Ada").disabled and button(app, "A stranger").disabled
    assert "Press START first." in texts(app)


def test_counting_goes_on_while_its_tab_is_closed_until_the_runs_change(
    open_page, trained_run, strict_run
) -> None:
    app = open_page("live")
    app.session_state["run"] = trained_run.name
    app.run()
    counts = app.session_state["live-counts"]
    counts.begin("Ada")
    app.session_state["live-tab"] = ":material/edit: This is wrong"
    for frames in (1, 2):
        app.run()
        assert app.session_state["live-counts"] is counts
        look_at_one_face(app)
        assert counts.so_far[trained_run.name].frames == frames
        app.session_state["pipeline"].close()
    widget(app.multiselect, "Other runs beside it").set_value(["strict"]).run()
    assert app.session_state["live-counts"] is not counts
    look_at_one_face(app)
    assert counts.so_far[trained_run.name].frames == 2
