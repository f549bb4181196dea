"""Writes metrics fixtures and prints the reference values that Tests/Media compares with.

    python Tests/Parity/reference_metrics.py PHOTO NIQE_PARAMETERS

PHOTO is kodim01.png of the Kodak set (released for unrestricted use), NIQE_PARAMETERS is
niqe_pris_params.npz of BasicSR. Needs numpy, scipy, pillow, scikit-image, torch, piq.
"""

import math
import pathlib
import sys

import numpy as np
import piq
import scipy.ndimage
import scipy.special
import skimage.metrics
import torch
from PIL import Image

OUT = pathlib.Path(__file__).resolve().parents[1] / "Media" / "Fixtures"


def luma(rgb):
    return 16 + rgb.astype(np.float64) @ np.array([65.481, 128.553, 24.966]) / 255


def psnr(a, b):
    return 10 * math.log10(255 ** 2 / np.mean((a.astype(np.float64) - b) ** 2))


def imresize(a, scale, shape):
    """MATLAB's imresize along both directions, written from its documentation."""
    def weights(count, outputs):
        stretch = min(scale, 1.0)
        width = 4 / stretch
        u = (np.arange(outputs) + 1) / scale + 0.5 * (1 - 1 / scale)
        index = np.floor(u - width / 2)[:, None] + np.arange(math.ceil(width) + 2)[None]
        d = np.abs(stretch * (u[:, None] - index))
        w = ((1.5 * d - 2.5) * d * d + 1) * (d <= 1)
        w += (((-0.5 * d + 2.5) * d - 4) * d + 2) * ((d > 1) & (d <= 2))
        w /= w.sum(1, keepdims=True)
        mirror = np.concatenate([np.arange(count), np.arange(count)[::-1]])
        matrix = np.zeros((outputs, count))
        for row in range(outputs):
            np.add.at(matrix[row], mirror[(index[row].astype(int) - 1) % (2 * count)], w[row])
        return matrix
    rows = weights(a.shape[0], shape[0])
    columns = weights(a.shape[1], shape[1])
    return np.einsum("yY,YX...,xX->yx...", rows, a, columns)


def niqe(rgb, parameters):
    """After the description in BasicSR, with dense filters and scipy's own functions.

    Like there, filtered images are rounded to 32 bits, so that flat areas give zeros."""
    # Luma passes through 32 bits there, which decides how values at n + 1/2 are rounded.
    img = (rgb.astype(np.float32) / 255)[..., ::-1].dot([24.966, 128.553, 65.481]) + 16
    img = np.round((img / 255).astype(np.float32) * np.float32(255))
    rows, columns = img.shape[0] // 96, img.shape[1] // 96
    img = img[:rows * 96, :columns * 96]
    gam = np.arange(0.2, 10.001, 0.001)
    g = scipy.special.gamma
    table = g(2 / gam) ** 2 / (g(1 / gam) * g(3 / gam))

    def fit(block):
        left = math.sqrt(np.mean(block[block < 0] ** 2))
        right = math.sqrt(np.mean(block[block > 0] ** 2))
        r = left / right
        rhat = np.mean(np.abs(block)) ** 2 / np.mean(block ** 2)
        rhat *= (r ** 3 + 1) * (r + 1) / (r ** 2 + 1) ** 2
        alpha = gam[np.argmin((table - rhat) ** 2)]
        scale = math.sqrt(g(1 / alpha) / g(3 / alpha))
        return alpha, left * scale, right * scale

    features = []
    for side in (96, 48):
        mu = scipy.ndimage.convolve(img, parameters["gaussian_window"], mode="nearest")
        square = scipy.ndimage.convolve(img ** 2, parameters["gaussian_window"], mode="nearest")
        assert mu.dtype == square.dtype == np.float32
        norm = (img - mu) / (np.sqrt(np.abs(square - mu ** 2)) + 1)
        blocks = []
        for row in range(rows):
            for column in range(columns):
                b = norm[row * side:(row + 1) * side, column * side:(column + 1) * side]
                alpha, left, right = fit(b)
                f = [alpha, (left + right) / 2]
                for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
                    alpha, left, right = fit(b * np.roll(b, shift, axis=(0, 1)))
                    f += [alpha, (right - left) * g(2 / alpha) / g(1 / alpha), left, right]
                blocks.append(f)
        features.append(blocks)
        half = imresize(img / np.float32(255), 0.5, (img.shape[0] // 2, img.shape[1] // 2))
        img = half.astype(np.float32) * np.float32(255)
    features = np.concatenate(features, axis=1)
    difference = parameters["mu_pris_param"] - features.mean(0)
    covariance = (parameters["cov_pris_param"] + np.cov(features, rowvar=False)) / 2
    return math.sqrt((difference @ np.linalg.pinv(covariance) @ difference.T).item())


def bands(rgb):
    y = luma(rgb)
    h, w = y.shape
    hann = lambda n: 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)
    power = np.abs(np.fft.fft2((y - y.mean()) * hann(h)[:, None] * hann(w)[None])) ** 2
    r = 2 * np.hypot(np.fft.fftfreq(h)[:, None], np.fft.fftfreq(w)[None])
    edges = [(0, .25), (.25, .5), (.5, .75), (.75, 1.0000001)]
    return np.array([power[(r >= low) & (r < high)].sum() for low, high in edges])


def tensor(rgb):
    return torch.from_numpy(rgb.astype(np.float32) / 255).permute(2, 0, 1)[None]


def sliced_wasserstein(a, b):
    """The protocol of PatchSlicedWasserstein.swift, in numpy."""
    kernel = np.array([1, 4, 6, 4, 1]) / 16

    def smooth(p, k):
        p = scipy.ndimage.convolve1d(p, k, axis=0, mode="reflect")
        return scipy.ndimage.convolve1d(p, k, axis=1, mode="reflect")

    def pyramid(rgb):
        levels, current = [], rgb.astype(np.float64)
        for _ in range(3):
            coarse = smooth(current, kernel)[::2, ::2]
            wide = np.zeros_like(current)
            wide[::2, ::2] = coarse
            levels.append(current - smooth(wide, kernel * 2))
            current = coarse
        return levels

    mask, state = (1 << 64) - 1, 0x4F6E655374657001

    def uniform():
        nonlocal state
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return (((z ^ (z >> 31)) >> 11) + 0.5) / 2 ** 53

    directions = np.array([
        math.sqrt(-2 * math.log(uniform())) * math.cos(2 * math.pi * uniform())
        for _ in range(128 * 147)]).reshape(128, 147)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    total = 0
    for first, second in zip(pyramid(a), pyramid(b)):
        scale = second.std(axis=(0, 1))
        scale[scale < 0.001] = 1
        sides = []
        for level in (first / scale, second / scale):
            windows = np.lib.stride_tricks.sliding_window_view(level, (7, 7), axis=(0, 1))
            step = 1
            while math.prod(-(-n // step) for n in windows.shape[:2]) > 8192:
                step += 1
            windows = windows[::step, ::step]
            sides.append(np.sort(directions @ windows.reshape(-1, 147).T, axis=1))
        total += np.abs(sides[0] - sides[1]).mean()
    return total / 3


def main():
    photo = np.asarray(Image.open(sys.argv[1]).convert("RGB"))
    parameters = np.load(sys.argv[2])
    clean = photo[120:312, 200:392]
    small = Image.fromarray(clean).resize((64, 64), Image.Resampling.BICUBIC)
    noise = np.random.default_rng(1).normal(0, 4, clean.shape)
    rough = np.asarray(small.resize((192, 192), Image.Resampling.BICUBIC)) + noise
    rough = np.clip(np.round(rough), 0, 255).astype(np.uint8)
    for name, image in (("photo.png", clean), ("photo-rough.png", rough)):
        Image.fromarray(image).save(OUT / name, optimize=True)

    def show(name, value):
        print(f"{name:32s}", " ".join(f"{v:.7f}" for v in np.ravel(value)))

    ssim = lambda a, b, **o: skimage.metrics.structural_similarity(
        a, b, data_range=255, gaussian_weights=True, sigma=1.5, **o)
    yc, yr = luma(clean), luma(rough)
    show("PSNR.rgb", psnr(clean, rough))
    show("PSNR.luma border 4", psnr(yc[4:-4, 4:-4], yr[4:-4, 4:-4]))
    show("SSIM.luma", ssim(yc, yr, use_sample_covariance=False))
    show("SSIM.luma border 4",
         ssim(yc[4:-4, 4:-4], yr[4:-4, 4:-4], use_sample_covariance=False))
    show("SSIM.rgb", ssim(clean, rough, channel_axis=-1, use_sample_covariance=False))
    show("SSIM.rgb sample covariance", ssim(clean, rough, channel_axis=-1))
    ms = lambda a, b: piq.multi_scale_ssim(tensor(a).double(), tensor(b).double(), data_range=1.0)
    show("MultiScaleSSIM.rgb", ms(clean, rough).item())
    show("MultiScaleSSIM.rgb 171x180", ms(clean[:171, :180], rough[:171, :180]).item())
    show("NIQE clean", niqe(clean, parameters))
    show("NIQE rough", niqe(rough, parameters))
    show("BandEnergy.ratios", bands(rough) / bands(clean))
    show("BandEnergy.ratios 171x180", bands(rough[:171, :180]) / bands(clean[:171, :180]))
    show("PatchSlicedWasserstein", sliced_wasserstein(rough, clean))
    show("PatchSlicedWasserstein 95x63", sliced_wasserstein(rough[:95, :63], clean[:95, :63]))
    lr = lambda a: imresize(a / 255, 1 / 4, (48, 48))
    show("LowResolutionConsistency x4", psnr(255 * lr(clean), 255 * lr(rough)))

    patch = tensor(clean[:32, :40])
    resize = lambda a, size: torch.nn.functional.interpolate(
        a, size=size, mode="bicubic", antialias=True)[0].permute(1, 2, 0).numpy()
    files = {
        "torch-down-8x10": resize(patch, (8, 10)),
        "torch-down-13x17": resize(patch, (13, 17)),
        "torch-up-50x44": resize(patch[:, :, :11, :13], (50, 44)),
        "torch-area-8x10": torch.nn.functional.interpolate(patch, size=(8, 10), mode="area")[0]
        .permute(1, 2, 0).numpy(),
        "matlab-down-8x10": imresize(clean[:32, :40] / 255, 1 / 4, (8, 10)),
        "matlab-half-16x17": imresize(clean[:31, :33] / 255, 1 / 2, (16, 17)),
        "matlab-up-44x52": imresize(clean[:11, :13] / 255, 4, (44, 52)),
    }
    for name, values in files.items():
        values.astype("<f4").tofile(OUT / f"{name}.f32")


main()
