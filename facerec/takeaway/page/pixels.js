// Pixels as OpenCV treats them, value for value: resized by areas, and warped.
// An image is {width, height, data}: RGB, one byte each, row by row.

/** A new image without content. */
export const blank = (width, height) => ({ width, height, data: new Uint8Array(3 * width * height) });

/** The RGB image of a canvas or a video. */
export function read(source, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(source, 0, 0, width, height);
  const from = context.getImageData(0, 0, width, height).data;
  const image = blank(width, height);
  for (let pixel = 0, at = 0; at < image.data.length; pixel += 4) {
    image.data[at++] = from[pixel];
    image.data[at++] = from[pixel + 1];
    image.data[at++] = from[pixel + 2];
  }
  return image;
}

/** A part of an image; where it reaches over the border, the border's pixels are repeated. */
export function part(image, left, top, width, height) {
  const found = blank(width, height);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.min(Math.max(top + y, 0), image.height - 1) * image.width;
    for (let x = 0; x < width; x++) {
      const from = 3 * (row + Math.min(Math.max(left + x, 0), image.width - 1));
      found.data[at++] = image.data[from];
      found.data[at++] = image.data[from + 1];
      found.data[at++] = image.data[from + 2];
    }
  }
  return found;
}

// Half to even, as OpenCV rounds.
function rounded(value) {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

// For each new pixel, the old ones that it covers and their shares; or the two nearest.
function shares(from, to) {
  const scale = from / to;
  return Array.from({ length: to }, (_, place) => {
    const found = [];
    if (scale > 1) {
      const [start, end] = [place * scale, (place + 1) * scale];
      for (let old = Math.floor(start); old < Math.min(end, from); old++) {
        const share = Math.min(end, old + 1) - Math.max(start, old);
        if (share > 1e-3) found.push([old, share / scale]);
      }
      return found;
    }
    const centre = (place + 0.5) * scale - 0.5;
    const low = Math.floor(centre);
    const within = (old) => Math.min(Math.max(old, 0), from - 1);
    return [[within(low), 1 - centre + low], [within(low + 1), centre - low]];
  });
}

/** Resized: by areas where it becomes smaller, else between neighbours. */
export function resized(image, width, height) {
  if (width === image.width && height === image.height) return image;
  const [columns, rows] = [shares(image.width, width), shares(image.height, height)];
  const across = new Float64Array(3 * width * image.height);
  for (let y = 0, at = 0; y < image.height; y++) {
    for (const column of columns) {
      for (let color = 0; color < 3; color++) {
        let sum = 0;
        for (const [x, share] of column) sum += share * image.data[3 * (y * image.width + x) + color];
        across[at++] = sum;
      }
    }
  }
  // OpenCV halves by whole numbers, and rounds up then.
  const halved = image.width === 2 * width && image.height === 2 * height;
  const found = blank(width, height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let place = 0; place < 3 * width; place++) {
      let sum = 0;
      for (const [row, share] of rows[y]) sum += share * across[3 * width * row + place];
      found.data[at++] = halved ? Math.floor(sum + 0.5) : rounded(sum);
    }
  }
  return found;
}

/** A square image warped by a matrix [[a, b, c], [d, e, f]]; the border's pixels are repeated. */
export function warped(image, matrix, side) {
  const [[a, b, c], [d, e, f]] = matrix;
  const scale = 1 / (a * e - b * d);
  const [ia, ib, id, ie] = [e * scale, -b * scale, -d * scale, a * scale];
  const [ic, jf] = [-ia * c - ib * f, -id * c - ie * f];
  const { width, height, data } = image;
  const found = blank(side, side);
  const within = (place, size) => (place < 0 ? 0 : place < size ? place : size - 1);
  for (let y = 0, at = 0; y < side; y++) {
    // In 1024ths of a pixel, of which 32nds are kept.
    const startX = rounded((ib * y + ic) * 1024) + 16;
    const startY = rounded((ie * y + jf) * 1024) + 16;
    for (let x = 0; x < side; x++) {
      const fineX = (startX + rounded(ia * x * 1024)) >> 5;
      const fineY = (startY + rounded(id * x * 1024)) >> 5;
      const [right, below] = [fineX & 31, fineY & 31];
      const above = within(fineY >> 5, height) * width;
      const under = within((fineY >> 5) + 1, height) * width;
      const left = within(fineX >> 5, width);
      const next = within((fineX >> 5) + 1, width);
      for (let color = 0; color < 3; color++) {
        const upper = (32 - right) * data[3 * (above + left) + color] + right * data[3 * (above + next) + color];
        const lower = (32 - right) * data[3 * (under + left) + color] + right * data[3 * (under + next) + color];
        found.data[at++] = ((32 - below) * upper + below * lower + 512) >> 10;
      }
    }
  }
  return found;
}
