from facerec.faces import videos
from facerec.system import paths
from tests.examples import noisy_color
from tests.pages.conftest import button, texts


def test_a_film_of_an_app_that_was_killed_is_offered_until_it_is_deleted(
    open_page, trained_run
) -> None:
    folder = paths.recordings_folder() / "2026-01-31 12.30.59 abc"
    folder.mkdir(parents=True)
    for name in ("annotated.mp4", "raw.mp4"):
        with videos.VideoWriter(folder / name, grows=True) as writer:
            writer.write(noisy_color((90, 90, 90), 0))
    app = open_page("live")
    assert "a recording of 2026-01-31 12:30" in texts(app)
    assert [item.label for item in app.get("download_button")] == ["Film", "Film without boxes"]
    button(app, "Delete").click().run()
    assert not app.exception and not folder.exists()
    assert "a recording of" not in texts(app)
