// From a picture to faces: found by YuNet, cut out as squares, turned upright.
// A face is {box: [x, y, width, height], landmarks: five [x, y]}, in pixels.

import * as ort from "./ort/ort.wasm.min.mjs";
import { part, resized, warped } from "./pixels.js";

const STRIDES = [8, 16, 32];
const PARTS = 64; // of a pixel
const MOST_SHARED = 0.3; // of two boxes of one face

/** Intersection over union of two boxes. */
export function overlap(first, second) {
  const [width, height] = [0, 1].map(
    (i) => Math.min(first[i] + first[i + 2], second[i] + second[i + 2]) - Math.max(first[i], second[i]),
  );
  const shared = Math.max(width, 0) * Math.max(height, 0);
  return shared / Math.max(first[2] * first[3] + second[2] * second[3] - shared, 1);
}

/** Finds faces; `settings` is the detector's part of model.json. */
export class Finder {
  constructor(session, settings) {
    this.session = session;
    this.settings = settings;
  }

  /** The faces in an image that score at least `least`, the largest first. */
  async find(image, least) {
    const choice = this.settings;
    const longest = Math.max(image.width, image.height);
    let scale = Math.min(1, choice.longest_side / longest);
    if (choice.shortest_side < longest && longest <= choice.small_picture) scale = choice.shortest_side / longest;
    const faces = await this.search(image, scale, least);
    if (scale < choice.coarse) {
      const most = choice.largest_missed / scale;
      for (const face of await this.search(image, choice.fine, least)) {
        const known = faces.some((other) => overlap(face.box, other.box) >= choice.most_overlap);
        if (!known && Math.max(face.box[2], face.box[3]) <= most) faces.push(face);
      }
    }
    const area = (face) => face.box[2] * face.box[3];
    return faces.sort((first, second) => area(second) - area(first));
  }

  async search(image, scale, least) {
    const [width, height] = [image.width, image.height].map((side) => Math.max(1, halfToEven(side * scale)));
    const small = resized(image, width, height);
    // The network halves the picture five times.
    const [wide, high] = [width, height].map((side) => 32 * Math.ceil(Math.max(side, this.settings.shortest_side) / 32));
    const values = new Float32Array(3 * wide * high);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let color = 0; color < 3; color++) {
          values[(2 - color) * wide * high + y * wide + x] = small.data[3 * (y * width + x) + color];
        }
      }
    }
    const input = new ort.Tensor("float32", values, [1, 3, high, wide]);
    const found = await this.session.run({ [this.session.inputNames[0]]: input });
    const candidates = STRIDES.flatMap((stride) => decoded(found, stride, wide, least));
    return apart(candidates).map(({ box, landmarks }) => ({
      box: box.map((value) => halfToEven(value / scale)),
      landmarks: landmarks.map(([x, y]) => [x / scale, y / scale]),
    }));
  }
}

function decoded(found, stride, wide, least) {
  const [classes, objects, boxes, points] = ["cls", "obj", "bbox", "kps"].map((name) => found[`${name}_${stride}`].data);
  const columns = wide / stride;
  const candidates = [];
  for (let place = 0; place < classes.length; place++) {
    const certain = [classes[place], objects[place]].map((value) => Math.min(Math.max(value, 0), 1));
    const score = Math.sqrt(certain[0] * certain[1]);
    if (score < least) continue;
    const [column, row] = [place % columns, Math.floor(place / columns)];
    const [x, y] = [(column + boxes[4 * place]) * stride, (row + boxes[4 * place + 1]) * stride];
    const [width, height] = [2, 3].map((side) => Math.exp(boxes[4 * place + side]) * stride);
    const landmarks = Array.from({ length: 5 }, (_, point) => [
      (points[10 * place + 2 * point] + column) * stride,
      (points[10 * place + 2 * point + 1] + row) * stride,
    ]);
    candidates.push({ score, box: [x - width / 2, y - height / 2, width, height], landmarks });
  }
  return candidates;
}

// The best candidate of each face.
function apart(candidates) {
  const kept = [];
  for (const one of candidates.sort((first, second) => second.score - first.score)) {
    if (kept.every((other) => overlap(one.box, other.box) <= MOST_SHARED)) kept.push(one);
  }
  return kept;
}

// As Python rounds.
function halfToEven(value) {
  const whole = Math.round(value);
  return Math.abs(value % 1) === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
}

const fine = (value) => halfToEven(value * PARTS) / PARTS;

/** The square around a box with a margin, resized; null if it lies outside the image. */
export function cut(image, [x, y, width, height], { side, margin }) {
  const wide = Math.max(width, height) * (1 + margin);
  const [left, top] = [halfToEven(x + width / 2 - wide / 2), halfToEven(y + height / 2 - wide / 2)];
  const size = halfToEven(wide);
  const outside = left >= image.width || top >= image.height || left + size <= 0 || top + size <= 0;
  return outside ? null : resized(part(image, left, top, size, size), side, side);
}

/** A face turned and scaled so that eyes, nose and mouth lie where a network expects them. */
export async function upright(face, finder, side, meanFace, model) {
  const full = face.width;
  let matrix = [[1, 0, 0], [0, 1, 0]];
  for (let look = 0; look < model.looks_for_landmarks; look++) {
    const found = await finder.find(look ? warped(face, matrix, full) : face, model.detector.minimum_score_in_face);
    if (look && !found.length) break;
    // Rounded, since processors give the last digits differently.
    const landmarks = found.length ? found[0].landmarks.map((point) => point.map(fine)) : model.usual_landmarks;
    matrix = after(onto(meanFace.map(([x, y]) => [full * x, full * y]), landmarks), matrix);
  }
  return warped(face, matrix.map((row) => row.map((value) => (value * side) / full)), side);
}

// The shift, turn and scale that bring landmarks nearest to a mean face (Umeyama).
function onto(meanFace, landmarks) {
  const middle = (points, axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [hereX, hereY, thereX, thereY] = [middle(landmarks, 0), middle(landmarks, 1), middle(meanFace, 0), middle(meanFace, 1)];
  let [real, imaginary, size] = [0, 0, 0];
  landmarks.forEach(([x, y], place) => {
    const [fromX, fromY] = [x - hereX, y - hereY];
    const [toX, toY] = [meanFace[place][0] - thereX, meanFace[place][1] - thereY];
    real += fromX * toX + fromY * toY;
    imaginary += fromX * toY - fromY * toX;
    size += fromX * fromX + fromY * fromY;
  });
  [real, imaginary] = [real / size, imaginary / size];
  return [
    [real, -imaginary, thereX - real * hereX + imaginary * hereY],
    [imaginary, real, thereY - imaginary * hereX - real * hereY],
  ];
}

// One matrix after another.
function after([[a, b, c], [d, e, f]], [[p, q, r], [s, t, u]]) {
  return [
    [a * p + b * s, a * q + b * t, a * r + b * u + c],
    [d * p + e * s, d * q + e * t, d * r + e * u + f],
  ];
}
