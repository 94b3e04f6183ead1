"""Judges from outside on labels: zbar and zxing-cpp read them at three pixels a module."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from client import call
from customer import Customer
from portal import Portal

MODULE_PIXELS = 3
QUIET_ZONE = 4
# Protocol, "QR payload".
LARGEST_VERSION = {"compact": 11, "full": 22}


def zbar(file: Path) -> list[str]:
    command = ["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", file]
    return subprocess.run(command, capture_output=True, text=True).stdout.split()


def zxing(file: Path) -> list[str]:
    with Image.open(file) as image:
        found = zxingcpp.read_barcodes(image.convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    return [code.text for code in found]


@dataclass
class Size:
    """Of a drawn symbol, in modules."""

    symbol: int
    picture: int
    quiet_zone: int

    @property
    def version(self) -> float:
        return (self.symbol - 17) / 4


def measure(file: Path) -> Size:
    """Measures by the finder pattern in the upper left corner: its upper edge is seven dark modules long."""
    with Image.open(file) as image:
        dark = image.convert("L").point(lambda value: 255 if value < 128 else 0)
    left, top, right, bottom = dark.getbbox()
    assert right - left == bottom - top
    edge = next(x for x in range(left, dark.width) if dark.getpixel((x, top)) == 0) - left
    modules = lambda pixels: round(7 * pixels / edge)
    return Size(modules(right - left), modules(dark.width), modules(min(left, top)))


def draw(svg: Path, width: int) -> Path:
    """Draws an SVG with another program than a browser."""
    drawn = svg.with_name(f"{svg.stem}-{width}.png")
    subprocess.run(["rsvg-convert", f"--width={width}", "--keep-aspect-ratio", f"--output={drawn}", svg], check=True)
    return drawn


def at_reading_size(file: Path) -> tuple[Path, Size]:
    """The picture at three pixels a module."""
    if file.suffix == ".svg":
        size = measure(draw(file, 4000))
        return draw(file, size.picture * MODULE_PIXELS), size
    size = measure(file)
    scaled = file.with_name("scaled.png")
    with Image.open(file) as image:
        width = size.picture * MODULE_PIXELS
        image.convert("L").resize((width, width), Image.Resampling.BOX).save(scaled)
    return scaled, size


def judge(file: Path, link: str, profile: str) -> None:
    picture, size = at_reading_size(file)
    assert size.version == int(size.version)
    assert size.version <= LARGEST_VERSION[profile]
    assert size.quiet_zone >= QUIET_ZONE
    assert zbar(picture) == [link]
    assert zxing(picture) == [link]


def posted_label(portal: Portal, device_id: str) -> dict:
    token = portal.run("token", "create", "--provider=demo", "--name=judge").strip()
    content = {"account": "A-1001", "device_id": device_id, "kind": "device", "channel": "api"}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = call(f"{portal.origin}/api/v1/registrations", json.dumps(content).encode(), **headers)
    assert answer.status == 201, answer
    return json.loads(answer.body)["label"]


@pytest.fixture(params=list(LARGEST_VERSION))
def profile(request) -> str:
    return request.param


@pytest.fixture
def portal_of_profile(request, profile) -> Portal:
    return request.getfixturevalue("shared" if profile == "compact" else "full")


def test_the_drawing_that_the_providers_systems_get_is_read(portal_of_profile, profile, device_id, tmp_path):
    label = posted_label(portal_of_profile, device_id)
    drawing = tmp_path / "label.svg"
    drawing.write_text(label["svg"])
    judge(drawing, label["link"], profile)


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_the_picture_that_a_customer_saves_is_read(portal_of_profile, profile, ending, device_id, tmp_path):
    customer = Customer(portal_of_profile)
    page, link = customer.add_device(device_id)
    picture = tmp_path / f"label.{ending}"
    picture.write_bytes(customer.get(f"{page}/label.{ending}"))
    judge(picture, link, profile)
