import numpy as np
import pytest

from facerec.decisions.gallery import Gallery
from facerec.networks.metric import of_length_one
from pages.shared import cards


@pytest.mark.parametrize(("faces", "shown"), [(1, 1), (4, 4), (7, 4), (50, 4)])
def test_a_person_is_shown_by_some_pictures_of_the_whole_time(
    monkeypatch: pytest.MonkeyPatch, faces: int, shown: int
) -> None:
    drawn: list[list[bytes]] = []
    monkeypatch.setattr(cards.st, "image", lambda pictures, width: drawn.append(pictures))
    embeddings = of_length_one(np.random.default_rng(0).normal(size=(faces, 5)).astype(np.float32))
    pictures = [str(number).encode() for number in range(faces)]
    gallery = Gallery.empty("means", 5).with_faces("Ada", embeddings, pictures)
    cards.person_card(gallery, "Ada", faces)
    (found,) = drawn
    assert len(found) == shown and found[0] == b"0"
    assert int(found[-1]) >= 3 * (faces - 1) // 4 - 1
