import numpy as np

from facerec.faces.boxes import Box
from facerec.live.frames import LiveFace
from facerec.recognition.named_faces import RecognizedFace
from pages.live_panels.faces import recognized

PIXELS = np.zeros((224, 224, 3), np.uint8)


def live(track: int, label: str | None, side: int) -> LiveFace:
    box = Box(0, 0, side, side)
    named = RecognizedFace(box, label, 0.9, 0.9, {label: 0.9}) if label else None
    return LiveFace(track, box, named, PIXELS)


def test_names_keep_their_place_whoever_leans_forward() -> None:
    for nearer, other in ((90, 40), (40, 90)):
        faces = sorted(
            [live(4, "Zoë", nearer), live(3, "Ada", other), live(5, None, 60)],
            key=lambda face: -face.box.width,
        )
        assert [face.label for face in recognized(faces)] == ["Ada", "Zoë"]
