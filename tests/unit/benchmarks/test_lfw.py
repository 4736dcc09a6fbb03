from pathlib import Path

import numpy as np
import pytest

from benchmarks.lfw import Pair, accuracies, read_pairs
from facerec.errors import FacerecError

LIST = """2\t2
Ada\t1\t2
Ada\t1\t12
Ada\t1\tZora\t3
Zora\t2\tAda\t2
Zora\t1\t2
Zora\t1\t3
Ada\t12\tZora\t3
Zora\t1\tAda\t2
"""


def test_pairs_are_read_fold_by_fold(tmp_path: Path) -> None:
    (tmp_path / "pairs.txt").write_text(LIST)
    first, second = read_pairs(tmp_path, tmp_path / "pairs.txt")
    assert len(first) == len(second) == 4
    assert first[1] == Pair(
        tmp_path / "Ada" / "Ada_0001.jpg", tmp_path / "Ada" / "Ada_0012.jpg", True
    )
    assert first[2] == Pair(
        tmp_path / "Ada" / "Ada_0001.jpg", tmp_path / "Zora" / "Zora_0003.jpg", False
    )
    assert [pair.same for pair in second] == [True, True, False, False]


@pytest.mark.parametrize(
    "content", ["", "two lines", LIST.replace("2\t2\n", "3\t2\n", 1), LIST + "Ada\t1\n"]
)
def test_another_list_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "pairs.txt").write_text(content)
    with pytest.raises(FacerecError, match=r"pairs\.txt is no list of pairs"):
        read_pairs(tmp_path, tmp_path / "pairs.txt")


def test_each_fold_is_judged_at_the_best_threshold_of_the_others() -> None:
    generator = np.random.default_rng(0)
    labels = [generator.random(40) < 0.5 for _ in range(3)]
    folds = [generator.normal(0.2 + 0.3 * truth, 0.2) for truth in labels]
    for fold, found in enumerate(accuracies(folds, labels)):
        others = np.concatenate([part for n, part in enumerate(folds) if n != fold])
        truth = np.concatenate([part for n, part in enumerate(labels) if n != fold])
        limits = np.sort(others)
        middles = [-9, *(limits[1:] + limits[:-1]) / 2, 9]
        right = [np.mean((others > threshold) == truth) for threshold in middles]
        best = middles[int(np.argmax(right))]
        assert found == np.mean((folds[fold] > best) == labels[fold])
    assert accuracies([np.array([0.1, 0.9])] * 2, [np.array([False, True])] * 2) == [1, 1]
    # The threshold comes from the other folds only: here it is wrong for both.
    crossed = [np.array([0.1, 0.2]), np.array([0.8, 0.9])]
    assert accuracies(crossed, [np.array([False, True])] * 2) == [0.5, 0.5]
