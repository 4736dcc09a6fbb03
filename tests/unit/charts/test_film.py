import numpy as np
import pytest

from facerec.charts import style
from facerec.charts.film import scores_over_time
from facerec.decisions.operating_point import OperatingPoint
from facerec.decisions.scores import Outputs
from facerec.faces.boxes import Box
from facerec.live.film import Film, FilmFace, FilmFrame

CLASSES = ("Ada", "Zoë", "Unknown")


def film(*tracks: list[float]) -> Film:
    """A film of tracks from right to left, each by its probability of Ada frame by frame."""

    def face(track: int, probability: float) -> FilmFace:
        logits = np.log(np.float32([[probability, (1 - probability) / 2, (1 - probability) / 2]]))
        return FilmFace(track, Box(500 - 100 * track, 0, 50, 50), {"run": Outputs(logits)})

    frames = [
        FilmFrame(number / 2, tuple(face(track, row[number]) for track, row in enumerate(tracks)))
        for number in range(len(tracks[0]))
    ]
    return Film(tuple(frames), (640, 360), b"")


def drawn(seen: Film, point: OperatingPoint):
    return scores_over_time(seen, seen.scored("run", CLASSES, point), point, 3)


def test_a_face_is_green_above_the_threshold_and_red_below() -> None:
    seen = film([0.9, 0.7, 0.5])
    figure = drawn(seen, OperatingPoint(0.6))
    (line,) = figure.data
    assert list(line.x) == [0, 0.5, 1] and list(line.y) == pytest.approx([0.9, 0.7, 0.5])
    green, red = style.KNOWN_COLOR, style.UNKNOWN_COLOR
    assert list(line.marker.color) == [green, green, red]
    assert figure.layout.shapes[0].y0 == 0.6


def test_faces_are_numbered_from_the_left_and_their_labels_do_not_overlap() -> None:
    seen = film([0.9, 0.9], [0.9, 0.9], [0.5, 0.5])
    assert seen.longest(3) == [2, 1, 0] and len(seen.longest(2)) == 2
    figure = drawn(seen, OperatingPoint())
    assert [line.y[0] for line in figure.data] == pytest.approx([0.5, 0.9, 0.9])
    heights = {label.text: label.y for label in figure.layout.annotations}
    assert list(heights) == ["Face 1", "Face 2", "Face 3"]
    assert heights["Face 2"] - heights["Face 3"] == pytest.approx(0.1)


def test_a_film_without_faces_has_no_lines() -> None:
    empty = Film((FilmFrame(0.0, ()),), (640, 360), b"")
    assert not drawn(empty, OperatingPoint()).data
