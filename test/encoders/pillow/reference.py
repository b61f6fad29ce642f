"""Writes reference.json: what Pillow makes of a picture, by filter and size. Run with Pillow and numpy installed.

The picture is a formula, so that the test makes the same one: byte = (7 x^2 + 13 y^2 + 31 x y + 89 c) mod 256.
"""

import base64
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "hamming": Image.Resampling.HAMMING,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
SIZES = [(8, 6), (20, 20), (61, 40)]
WIDTH, HEIGHT = 47, 31


def picture() -> Image.Image:
    y, x, c = np.meshgrid(np.arange(HEIGHT), np.arange(WIDTH), np.arange(3), indexing="ij")
    return Image.fromarray(((7 * x**2 + 13 * y**2 + 31 * x * y + 89 * c) % 256).astype(np.uint8))


def encoded(image: Image.Image) -> str:
    return base64.b64encode(np.asarray(image).tobytes()).decode()


def shortest_edge(image: Image.Image, edge: int, crop: int, resample: int) -> Image.Image:
    """As CLIP's and BiT's processors do: the shorter side, then the centre."""
    w, h = image.size
    size = (edge, int(edge * h / w)) if w <= h else (int(edge * w / h), edge)
    scaled = image.resize(size, resample)
    left, top = (scaled.width - crop) // 2, (scaled.height - crop) // 2
    return scaled.crop((left, top, left + crop, top + crop))


def main() -> None:
    source = picture()
    resized = [
        {"filter": name, "width": w, "height": h, "data": encoded(source.resize((w, h), number))}
        for name, number in FILTERS.items()
        for w, h in SIZES
    ]
    cropped = encoded(shortest_edge(source, 20, 14, Image.Resampling.BICUBIC))
    result = {"pillow": PIL.__version__, "resized": resized, "cropped": cropped}
    Path(__file__).with_name("reference.json").write_text(json.dumps(result) + "\n")


main()
