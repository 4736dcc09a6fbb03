import numpy as np
import pytest

from facerec.faces import drawing
from facerec.faces.detection import Box
from facerec.faces.drawing import BLUE, GREEN, draw_banner, draw_face

BOX = Box(100, 80, 60, 60)


def frame(height: int = 240, width: int = 320) -> np.ndarray:
    return np.full((height, width, 3), 128, np.uint8)


def white(pixels: np.ndarray) -> int:
    """Number of pixels that are nearly white: the label's letters."""
    return int((pixels > 240).all(axis=-1).sum())


def test_an_outline_and_a_label_above_it() -> None:
    drawn = frame()
    draw_face(drawn, BOX, "Ada 93%", GREEN)
    for row, column in ((110, 100), (110, 160), (140, 130)):
        np.testing.assert_array_equal(drawn[row, column], GREEN)
    assert white(drawn[40:80]) > 20 and white(drawn[82:]) == 0
    np.testing.assert_array_equal(drawn[110, 130], (128, 128, 128))


def test_no_text_no_label() -> None:
    drawn = frame()
    draw_face(drawn, BOX, "", GREEN)
    assert white(drawn) == 0
    np.testing.assert_array_equal(drawn[:70], frame()[:70])


def test_greek_letters_are_drawn_and_not_replaced() -> None:
    labels = []
    for text in ("Ωψ", "Ζη", "??", "\u0378\u0379"):
        drawn = frame()
        draw_face(drawn, BOX, text, GREEN)
        labels.append(drawn[40:78].tobytes())
    # The last has no letters in any font, and looks like any that the font lacks.
    assert len(set(labels)) == 4


@pytest.mark.parametrize(
    "box",
    [
        Box(0, 0, 320, 240),
        Box(-30, -30, 60, 60),
        Box(300, 220, 60, 60),
        Box(310, 2, 5, 5),
        Box(-200, 500, 50, 50),
        Box(400, -100, 50, 50),
    ],
)
@pytest.mark.parametrize("text", ["Ada", "a name that is wider than the frame " * 3])
def test_faces_at_the_border_and_beyond(box: Box, text: str) -> None:
    drawn = frame()
    draw_face(drawn, box, text, GREEN)
    assert drawn.shape == (240, 320, 3)


def test_a_label_at_the_right_border_is_wholly_seen() -> None:
    middle, border = frame(), frame()
    draw_face(middle, BOX, "Ada", GREEN)
    draw_face(border, Box(300, 80, 60, 60), "Ada", GREEN)
    assert white(border) == white(middle) > 0


@pytest.mark.parametrize("size", [(1, 1), (5, 400), (400, 5), (1080, 1920)])
def test_frames_of_any_size(size: tuple[int, int]) -> None:
    drawn = frame(*size)
    draw_face(drawn, Box(0, 0, size[1], size[0]), "Ada", GREEN)
    assert drawn.shape == (*size, 3) and np.any(drawn != 128)


def test_labels_are_drawn_once_and_kept() -> None:
    drawing.label.cache_clear()
    for _ in range(3):
        draw_face(frame(), BOX, "kept", GREEN)
    assert drawing.label.cache_info().misses == 1


def test_a_banner_is_along_the_whole_lower_edge() -> None:
    drawn = frame()
    draw_banner(drawn, "Come closer", BLUE)
    for column in (0, 319):
        np.testing.assert_array_equal(drawn[238, column], BLUE)
    np.testing.assert_array_equal(drawn[:190], frame()[:190])
    letters = (drawn > 240).all(axis=-1)
    rows = np.flatnonzero(letters.any(axis=1))
    assert rows[-1] - rows[0] > 240 / 15
    middle = np.flatnonzero(letters.any(axis=0)).mean()
    assert abs(middle - 160) < 10


def test_a_long_banner_is_made_smaller_until_it_fits() -> None:
    drawn = frame(360, 640)
    draw_banner(drawn, "Turn your head a little to your left, and then a little further", BLUE)
    columns = np.flatnonzero((drawn > 240).all(axis=-1).any(axis=0))
    assert columns[0] > 2 and columns[-1] < 637


def test_an_empty_banner_changes_nothing() -> None:
    drawn = frame()
    draw_banner(drawn, "", BLUE)
    np.testing.assert_array_equal(drawn, frame())


@pytest.mark.parametrize("size", [(1, 1), (5, 400), (400, 5), (1080, 1920)])
def test_banners_on_frames_of_any_size(size: tuple[int, int]) -> None:
    drawn = frame(*size)
    draw_banner(drawn, "Come closer", BLUE)
    assert drawn.shape == (*size, 3)
