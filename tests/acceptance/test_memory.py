"""Small files that unpack to much: what they take of the computer's memory."""

import subprocess
import sys
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from struct import pack

import pytest
from PIL import Image

from facerec.system.paths import PROJECT

MOST_MEGABYTES = 1000
IMPORT = """
import re, sys
from pathlib import Path
from facerec.__main__ import main

def megabytes(kind):
    status = Path("/proc/self/status").read_text()
    return int(re.search(kind + r":\\s+(\\d+) kB", status)[1]) // 1024

before = megabytes("VmRSS")
code = main(["import", sys.argv[1], "--dataset", "large", "--class", "Ada", "--json"])
print(code, megabytes("VmHWM") - before, file=sys.stderr)
"""


def png(width: int, height: int, channels: int = 3) -> bytes:
    """A PNG file of black, made row by row."""
    packer, rows = zlib.compressobj(9), []
    for _ in range(height):
        rows.append(packer.compress(bytes(1 + channels * width)))
    data = b"".join(rows) + packer.flush()

    def chunk(kind: bytes, content: bytes) -> bytes:
        return pack(">I", len(content)) + kind + content + pack(">I", zlib.crc32(kind + content))

    color = {1: 0, 3: 2, 4: 6}[channels]
    header = pack(">IIBBBBB", width, height, 8, color, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n"
    return start + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def gif(side: int, frames: int) -> bytes:
    buffer = BytesIO()
    pictures = [Image.new("P", (side, side), number) for number in range(frames)]
    pictures[0].save(buffer, "GIF", save_all=True, append_images=pictures[1:])
    return buffer.getvalue()


def archive(**members: bytes) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(f"Ada/{name}", content)
    return buffer.getvalue()


def zipped_gigabytes() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        with packed.open("Ada/large.png", "w", force_zip64=True) as member:
            for _ in range(2048):
                member.write(bytes(2**20))
    return buffer.getvalue()


LARGE = {
    "large.gif": lambda: gif(8000, 3),
    "large.png": lambda: png(9400, 9400),
    "clear.png": lambda: png(9400, 9400, 4),
    "many.zip": lambda: archive(**{f"{n}.png": png(5600 + n, 5600) for n in range(6)}),
    "film.gif": lambda: gif(5000, 24),
    "member.zip": zipped_gigabytes,
}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is measured as Linux counts it")
@pytest.mark.parametrize("name", LARGE)
def test_no_small_file_takes_a_gigabyte(name: str, home: Path, tmp_path: Path) -> None:
    source = tmp_path / name
    source.write_bytes(LARGE[name]())
    assert source.stat().st_size < 10**7
    done = subprocess.run(
        [sys.executable, "-c", IMPORT, str(source)], cwd=PROJECT, capture_output=True, text=True
    )
    code, megabytes = map(int, done.stderr.split()[-2:])
    assert code in (0, 2) and "Traceback" not in done.stderr, done.stderr
    assert megabytes < MOST_MEGABYTES, done.stdout + done.stderr
