import numpy as np
import pytest

from facerec.charts.pairs import similarity_histogram
from facerec.datasets.folder import UNKNOWN, FaceFile
from facerec.embeddings.faces import EmbeddedFaces
from facerec.embeddings.pairs import Pairs, all_pairs, largest_face, random_pair, similarity
from facerec.errors import FacerecError
from facerec.faces.detection import Box
from tests.examples import FixedDetector, noisy_color, scene

# On a circle, in degrees: how alike two are is the cosine between them.
KNOWN = {"Ada": (0, 10), "Zoë": (90, 120), UNKNOWN: (45,)}
STRANGERS = {"Eve": (0, 60), "Bob": (180,)}


def on_circle(*groups: dict[str, tuple[float, ...]]) -> EmbeddedFaces:
    """Faces of people; those of the second group are strangers."""
    found = [
        (name, number > 0, degrees)
        for number, group in enumerate(groups)
        for name, angles in group.items()
        for degrees in angles
    ]
    names, strangers, degrees = zip(*found, strict=True)
    angles = np.deg2rad(degrees)
    return EmbeddedFaces(
        names,
        np.array(strangers),
        np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32),
        np.zeros((len(names), 80, 80, 3), np.uint8),
    )


def cosines(*degrees: float) -> list[float]:
    return sorted(np.cos(np.deg2rad(degrees)).tolist())


def some_pairs() -> Pairs:
    """Of the same person, one of four is under 0.5; of two people, one of four is over it."""
    same, different = [0.9, 0.8, 0.7, 0.2], [0.0, 0.1, 0.15, 0.6]
    return Pairs(np.array(same), np.array(different), people=2, images=4, of_strangers=True)


def test_known_people_are_paired_without_strangers() -> None:
    pairs = all_pairs(on_circle(KNOWN))
    assert sorted(pairs.same.tolist()) == pytest.approx(cosines(10, 30), abs=1e-6)
    assert sorted(pairs.different.tolist()) == pytest.approx(cosines(90, 120, 80, 110), abs=1e-6)
    assert (pairs.people, pairs.images, pairs.of_strangers) == (2, 4, False)


def test_strangers_are_paired_where_there_are_enough() -> None:
    pairs = all_pairs(on_circle(KNOWN, STRANGERS))
    assert pairs.same.tolist() == pytest.approx(cosines(60), abs=1e-6)
    assert sorted(pairs.different.tolist()) == pytest.approx(cosines(180, 120), abs=1e-6)
    assert (pairs.people, pairs.images, pairs.of_strangers) == (2, 3, True)


@pytest.mark.parametrize("strangers", [{"All": (0, 60, 180)}, {"Eve": (0,), "Bob": (90,)}])
def test_strangers_in_one_folder_or_with_one_picture_each_cannot_be_paired(strangers) -> None:
    assert not all_pairs(on_circle(KNOWN, strangers)).of_strangers


def test_too_few_faces_are_told_of() -> None:
    with pytest.raises(FacerecError, match="at least two people"):
        all_pairs(on_circle({"Ada": (0, 10), UNKNOWN: (90, 120)}))


def test_errors_at_thresholds() -> None:
    pairs = some_pairs()
    assert (pairs.false_acceptance_rate(0.5), pairs.false_rejection_rate(0.5)) == (0.25, 0.25)
    assert (pairs.false_acceptance_rate(0.65), pairs.false_rejection_rate(0.65)) == (0, 0.25)
    assert pairs.accuracy(0.65) == 1 - 0.25 / 2
    # Of sixteen couples, 0.2 lies under 0.6 alone.
    assert pairs.auroc == pytest.approx(15 / 16)
    assert pairs.in_words(0.65) == (
        "Of 100 pairs of the same person, **25 are** taken for two people. "
        "Of 100 pairs of two people, **0 are** taken for one."
    )


def test_the_equal_error_rate_has_its_threshold() -> None:
    pairs = some_pairs()
    rate, threshold = pairs.equal_error
    assert rate == 0.25
    assert pairs.false_acceptance_rate(threshold) == pairs.false_rejection_rate(threshold) == 0.25


def test_the_slider_reaches_where_all_are_one_person_and_where_none_is() -> None:
    pairs = all_pairs(on_circle(KNOWN, STRANGERS))
    low, high = pairs.range
    assert (pairs.false_acceptance_rate(low), pairs.false_rejection_rate(low)) == (1, 0)
    assert (pairs.false_acceptance_rate(high), pairs.false_rejection_rate(high)) == (0, 1)


def test_similarity_is_the_cosine_of_the_embeddings() -> None:
    class Angles:
        def embeddings(self, faces: np.ndarray) -> np.ndarray:
            angles = np.deg2rad(faces[:, 0, 0, 0].astype(float))
            return np.stack([np.cos(angles), np.sin(angles)], axis=1)

    first, second = (np.full((224, 224, 3), value, np.uint8) for value in (20, 80))
    assert similarity(Angles(), first, second) == pytest.approx(0.5)


def test_the_largest_face_is_taken() -> None:
    small, large = Box(10, 10, 40, 40), Box(100, 60, 120, 120)
    picture = scene((small, (200, 60, 60)), (large, (60, 60, 200)))
    face = largest_face(picture, FixedDetector([large, small]))
    assert face.shape == (224, 224, 3)
    red, _, blue = face[112, 112]
    assert blue > red


def test_a_picture_without_a_face_is_told_of() -> None:
    with pytest.raises(FacerecError, match="No face was found"):
        largest_face(noisy_color((90, 90, 90), 0), FixedDetector([]))


def files(tmp_path, **counts: int) -> dict[str, list[FaceFile]]:
    return {
        name: [FaceFile.from_path(tmp_path / name / f"s_{number}.jpg") for number in range(count)]
        for name, count in counts.items()
    }


def test_pairs_drawn_by_chance(tmp_path) -> None:
    people = files(tmp_path, Ada=3, Bob=1, Zoë=2)
    generator = np.random.default_rng(0)
    drawn = [random_pair(people, True, generator) for _ in range(60)]
    assert all(one != other and one.class_name == other.class_name for one, other in drawn)
    assert {one.class_name for one, _ in drawn} == {"Ada", "Zoë"}
    drawn = [random_pair(people, False, generator) for _ in range(60)]
    assert all(one.class_name != other.class_name for one, other in drawn)
    assert {one.class_name for one, _ in drawn} == set(people)


def test_without_enough_images_no_pair_is_drawn(tmp_path) -> None:
    generator = np.random.default_rng(0)
    with pytest.raises(FacerecError, match="two images"):
        random_pair(files(tmp_path, Ada=1, Bob=1), True, generator)
    with pytest.raises(FacerecError, match="two people"):
        random_pair(files(tmp_path, Ada=5), False, generator)


def test_the_histogram_shows_shares_the_threshold_and_this_pair() -> None:
    figure = similarity_histogram(some_pairs(), 0.5, 0.95)
    assert [sum(bar.y) for bar in figure.data] == pytest.approx([1, 1])
    assert [shape.x0 for shape in figure.layout.shapes] == [0.5, 0.95]
    low, high = figure.layout.xaxis.range
    assert low < 0 and high == 1
    assert len(similarity_histogram(some_pairs(), 0.5, None).layout.shapes) == 1


def test_the_histogram_ends_where_hardly_any_pair_is_left() -> None:
    same = np.append(np.full(999, 0.25), 0.99)
    pairs = Pairs(same, np.full(9, 0.1), people=2, images=9, of_strangers=False)
    figure = similarity_histogram(pairs, 0.2, None)
    assert figure.layout.xaxis.range[1] == pytest.approx(0.3)
    assert sum(figure.data[1].y) == pytest.approx(1)
    # But this pair is always to be seen.
    assert similarity_histogram(pairs, 0.2, 0.8).layout.xaxis.range[1] > 0.8
