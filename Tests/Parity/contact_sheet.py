"""Makes the README's picture: input, bicubic, realism 0, 0.5 and 1 side by side, from one photograph.

  python contact_sheet.py --onestep ../../.build/release/onestep --image ../../Samples/Inputs/dog.png --crop 56 48 72 --out sheet.png
Needs pillow.
"""
import argparse
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

p = argparse.ArgumentParser(description=__doc__)
p.add_argument('--onestep', required=True)
p.add_argument('--image', nargs='+', required=True)
p.add_argument('--crop', nargs=3, type=int, default=[56, 48, 72], help='left, top and side in input pixels')
p.add_argument('--model', default='photo')
p.add_argument('--out', required=True)
a = p.parse_args()
left, top, side = a.crop
box = (left, top, left + side, top + side)
big = tuple(4 * v for v in box)
sheet = Image.new('RGB', (5 * 4 * side + 4 * 8, len(a.image) * (4 * side + 8) - 8), 'white')
with tempfile.TemporaryDirectory() as folder:
    for row, path in enumerate(a.image):
        source = Image.open(path).convert('RGB')
        panels = [source.crop(box).resize((4 * side, 4 * side), Image.NEAREST),
                  source.resize((4 * source.width, 4 * source.height), Image.BICUBIC).crop(big)]
        for realism in ('0', '0.5', '1'):
            out = str(Path(folder) / f'{realism}.png')
            subprocess.run([a.onestep, 'restore', path, '-o', out, '--model', a.model, '--realism', realism, '--force', '-q'],
                           check=True, stdout=subprocess.DEVNULL)
            panels.append(Image.open(out).convert('RGB').crop(big))
        for column, panel in enumerate(panels):
            sheet.paste(panel, (column * (4 * side + 8), row * (4 * side + 8)))
sheet.save(a.out, optimize=True)
