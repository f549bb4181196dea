"""Writes the image files in Tests/Media/Fixtures that the decoder tests read.

    python Tests/Parity/reference_images.py

Needs pillow and numpy. All files show one pattern, which the tests compute again:
red 10 + 7x, green 20 + 9y, blue 5 (x + y), alpha 255 - 8x, on 24 x 16 pixels.
"""

import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

OUT = pathlib.Path(__file__).resolve().parents[1] / "Media" / "Fixtures"
W, H = 24, 16
y, x = np.mgrid[0:H, 0:W]
R, G, B, A = 10 + 7 * x, 20 + 9 * y, 5 * (x + y), 255 - 8 * x
RGB = np.stack([R, G, B], -1).astype(np.uint8)
RGBA = np.stack([R, G, B, A], -1).astype(np.uint8)
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><!-- pattern --></x:xmpmeta>"
ICC = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(samples, bits, colour, interlaced=False, extra=b""):
    """A PNG from [H, W, C] samples; Pillow writes neither Adam7 nor 16-bit RGB."""
    def rows(a):
        for line in a.reshape(a.shape[0], -1):
            if bits == 16:
                yield b"\0" + line.astype(">u2").tobytes()
            elif bits == 8:
                yield b"\0" + line.astype(np.uint8).tobytes()
            else:
                packed = "".join(format(int(v), f"0{bits}b") for v in line)
                packed += "0" * (-len(packed) % 8)
                yield b"\0" + bytes(int(packed[i:i + 8], 2) for i in range(0, len(packed), 8))
    passes = [samples]
    if interlaced:
        grid = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
                (0, 1, 1, 2)]
        passes = [samples[oy::sy, ox::sx] for ox, oy, sx, sy in grid]
    body = b"".join(r for p in passes if p.size for r in rows(p))
    head = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], bits, colour, 0, 0, interlaced)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + extra
            + chunk(b"IDAT", zlib.compress(body, 9)) + chunk(b"IEND", b""))


def save(name, data):
    (OUT / name).write_bytes(data)


def pillow(image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "Pattern"
    return tags


OUT.mkdir(parents=True, exist_ok=True)
grey = G[..., None]
save("grey1.png", png((x + y)[..., None] % 2, 1, 0))
save("grey2.png", png((x + y)[..., None] % 4, 2, 0))
save("grey4.png", png((x + y)[..., None] % 16, 4, 0))
save("grey8.png", png(grey, 8, 0))
save("grey16.png", png(grey * 257 - x[..., None], 16, 0))
save("greyalpha8.png", png(np.stack([G, A], -1), 8, 4))
save("rgb8.png", png(RGB, 8, 2))
save("rgb16.png", png(RGB.astype(int) * 257 - x[..., None], 16, 2))
save("rgba8-interlaced.png", png(RGBA, 8, 6, interlaced=True))
palette = b"".join(bytes([10 + 7 * i, 200 - 7 * i, 5 * i]) for i in range(24))
alphas = bytes(255 - 8 * i for i in range(24))
save("palette8.png", png(x[..., None], 8, 3, extra=chunk(b"PLTE", palette)))
save("palette8-alpha.png",
     png(x[..., None], 8, 3, extra=chunk(b"PLTE", palette) + chunk(b"tRNS", alphas)))
info = PngImagePlugin.PngInfo()
info.add_text("Comment", "plain \u00e9")
info.add_itxt("Title", "\u690d\u7269", "", "")
info.add_itxt("XML:com.adobe.xmp", XMP.decode(), "", "")
save("metadata.png", pillow(Image.fromarray(RGB), format="PNG", pnginfo=info, icc_profile=ICC,
                            exif=exif(1), dpi=(300, 150)))

best = dict(format="JPEG", quality=97, subsampling=0)
save("rgb.jpg", pillow(Image.fromarray(RGB), **best))
save("progressive.jpg", pillow(Image.fromarray(RGB), progressive=True, **best))
save("grey.jpg", pillow(Image.fromarray(G.astype(np.uint8)), **best))
save("cmyk.jpg", pillow(Image.fromarray(RGB).convert("CMYK"), **best))
save("metadata.jpg", pillow(Image.fromarray(RGB), icc_profile=ICC, exif=exif(1), xmp=XMP,
                            dpi=(300, 150), **best))
inverse = {1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180,
           4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
           6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
           8: Image.Transpose.ROTATE_270}
for number, turn in inverse.items():
    stored = Image.fromarray(RGB)
    stored = stored if turn is None else stored.transpose(turn)
    data = pillow(stored, exif=exif(number), **best)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert np.abs(np.asarray(upright).astype(int) - RGB).max() < 16, number
    save(f"orientation{number}.jpg", data)

save("lossless.webp", pillow(Image.fromarray(RGB), format="WEBP", lossless=True))
save("lossless-alpha.webp", pillow(Image.fromarray(RGBA), format="WEBP", lossless=True, exact=True))
save("lossy.webp", pillow(Image.fromarray(RGB), format="WEBP", quality=95))
save("metadata.webp", pillow(Image.fromarray(RGB), format="WEBP", lossless=True, icc_profile=ICC,
                             exif=exif(6), xmp=XMP))
save("animation.webp", pillow(Image.fromarray(RGB), format="WEBP", save_all=True,
                              append_images=[Image.fromarray(255 - RGB)]))
