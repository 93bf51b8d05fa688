"""Makes pictures small: the 256 colours that matter instead of millions."""

import base64
import struct
import zlib

from playwright.async_api import BrowserContext


async def with_palette(context: BrowserContext, png: bytes) -> bytes:
    """The same picture as a PNG with a palette. A browser reads the pixels; transparency is lost."""
    page = await context.new_page()
    try:
        found = await page.evaluate(_QUANTIZE, base64.b64encode(png).decode())
    finally:
        await page.close()
    width, height = found["width"], found["height"]
    pixels = base64.b64decode(found["pixels"])
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, width * height, width))
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", bytes(found["palette"])), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in chunks)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


_QUANTIZE = """async (png) => {
  const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext('2d').drawImage(image, 0, 0);
  const { data } = canvas.getContext('2d').getImageData(0, 0, image.width, image.height);

  const bin = (at) => ((data[at] >> 3) << 10) | ((data[at + 1] >> 3) << 5) | (data[at + 2] >> 3);
  const counts = new Uint32Array(32768);
  const sums = [new Float64Array(32768), new Float64Array(32768), new Float64Array(32768)];
  for (let at = 0; at < data.length; at += 4) {
    counts[bin(at)] += 1;
    sums.forEach((sum, channel) => { sum[bin(at)] += data[at + channel]; });
  }
  const used = [...counts.keys()].filter((key) => counts[key]).sort((a, b) => counts[b] - counts[a]);
  const colour = (key) => sums.map((sum) => Math.round(sum[key] / counts[key]));
  const palette = used.slice(0, 256).map(colour);
  const distance = (a, b) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2;
  const nearest = new Uint8Array(32768);
  used.forEach((key, place) => {
    const wanted = colour(key);
    const best = (index, other, at) => (distance(palette[at], wanted) < distance(palette[index], wanted) ? at : index);
    nearest[key] = place < 256 ? place : palette.reduce(best, 0);
  });

  const pixels = new Uint8Array(data.length / 4).map((_, index) => nearest[bin(4 * index)]);
  let text = '';
  for (let at = 0; at < pixels.length; at += 32768) text += String.fromCharCode(...pixels.subarray(at, at + 32768));
  return { width: image.width, height: image.height, palette: palette.flat(), pixels: btoa(text) };
}"""
