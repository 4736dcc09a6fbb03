"""From a picture to faces: found by YuNet, cut out as squares, turned upright.

Pictures are BGR uint8, shape (height, width, 3). A box is (x, y, width, height) in pixels.
"""

from pathlib import Path

import cv2
import numpy as np


def overlap(first, second) -> float:
    """Intersection over union of two boxes (x, y, width, height)."""
    width, height = (
        min(first[i] + first[i + 2], second[i] + second[i + 2]) - max(first[i], second[i])
        for i in (0, 1)
    )
    shared = max(width, 0) * max(height, 0)
    return shared / max(first[2] * first[3] + second[2] * second[3] - shared, 1)


class Finder:
    """YuNet: gives a box (x, y, width, height) and five landmarks (5, 2) of each face."""

    def __init__(self, file: Path, settings: dict, least: float) -> None:
        self.settings = settings
        content = np.frombuffer(file.read_bytes(), np.uint8)
        self.network = cv2.FaceDetectorYN.create(
            "onnx", content, np.empty(0, np.uint8), (64, 64), score_threshold=least
        )

    def __call__(self, image: np.ndarray) -> list:
        """The faces in a picture, the largest first."""
        choice, longest = self.settings, max(image.shape[:2])
        scale = min(1.0, choice["longest_side"] / longest)
        if choice["shortest_side"] < longest <= choice["small_picture"]:
            scale = choice["shortest_side"] / longest
        faces = self.search(image, scale)
        if scale < choice["coarse"]:  # a whole class: most faces are too small at this scale
            most = choice["largest_missed"] / scale
            more = [one for one in self.search(image, choice["fine"]) if max(one[0][2:]) <= most]
            faces += [one for one in more if self.is_new(one, faces)]
        return sorted(faces, key=lambda face: -face[0][2] * face[0][3])

    def is_new(self, face, faces: list) -> bool:
        return all(overlap(face[0], other[0]) < self.settings["most_overlap"] for other in faces)

    def search(self, image: np.ndarray, scale: float) -> list:
        """The faces that are found when a picture is reduced to this scale."""
        width, height = (max(1, round(side * scale)) for side in image.shape[1::-1])
        if scale < 1:
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        right, below = (max(0, self.settings["shortest_side"] - n) for n in (width, height))
        image = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT)
        self.network.setInputSize(image.shape[1::-1])
        rows = self.network.detect(image)[1]
        rows = [] if rows is None else rows[:, :14] / np.float32(scale)
        return [([round(v) for v in row[:4].tolist()], row[4:].reshape(5, 2)) for row in rows]


def cut(image: np.ndarray, box: list, side: int, margin: float) -> np.ndarray | None:
    """The square around a box with a margin, resized; None if it lies outside the picture."""
    x, y, width, height = box
    wide = max(width, height) * (1 + margin)
    left, top = round(x + width / 2 - wide / 2), round(y + height / 2 - wide / 2)
    right, bottom = left + round(wide), top + round(wide)
    inside = image[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
    if not inside.size:
        return None
    beyond = (-top, bottom - image.shape[0], -left, right - image.shape[1])
    above, below, before, behind = (max(0, pixels) for pixels in beyond)
    square = cv2.copyMakeBorder(inside, above, below, before, behind, cv2.BORDER_REPLICATE)
    smaller = min(square.shape[:2]) > side
    way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return cv2.resize(square, (side, side), interpolation=way)


def onto(mean_face: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """The shift, turn and scale (3, 3) that bring landmarks nearest to a mean face (Umeyama)."""
    here, there = (points @ np.array([1, 1j]) for points in (landmarks, mean_face))
    offsets = here - here.mean()
    turn = np.vdot(offsets, there - there.mean()) / np.vdot(offsets, offsets).real
    shift = there.mean() - turn * here.mean()
    rows = [turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag], [0, 0, 1]
    return np.array(rows)


def warp(face: np.ndarray, matrix: np.ndarray, side: int) -> np.ndarray:
    return cv2.warpAffine(face, matrix[:2], (side, side), borderMode=cv2.BORDER_REPLICATE)


def upright(face: np.ndarray, find: Finder, side: int, mean_face: list, usual: list) -> np.ndarray:
    """A face turned and scaled so that eyes, nose and mouth lie where a network expects them.

    ``mean_face`` holds these places as shares of the side; ``usual`` are the landmarks in pixels of
    a face in which YuNet finds none.
    """
    full, matrix = len(face), np.eye(3)
    for look in range(2):  # the first look follows only half of a head's tilt
        found = find(warp(face, matrix, full) if look else face)
        if look and not found:
            break
        # Rounded, since processors give the last digits differently.
        landmarks = np.round(found[0][1] * 64) / 64 if found else np.array(usual, np.float32)
        matrix = onto(full * np.array(mean_face), landmarks) @ matrix
    return warp(face, np.diag([side / full, side / full, 1]) @ matrix, side)
