// Recognises faces before the browser's camera or in a picture, as facerec did.

import * as ort from "./ort/ort.wasm.min.mjs";
import { Finder, cut, overlap, upright } from "./faces.js";
import { read, resized } from "./pixels.js";

const FORMAT = 1;
const MOST_DIFFERENCE = 1e-3; // of a probability or a score
const LEAST_OVERLAP = 0.9; // of a box with the same face's box in facerec
const MOST_PIXELS = 4000; // of a picture's longer side
const [GREEN, RED] = ["#16a34a", "#dc2626"];
const element = (id) => document.getElementById(id);

ort.env.wasm.wasmPaths = new URL("./ort/", import.meta.url).href;
ort.env.wasm.numThreads = 1; // several need headers that a plain server does not send

/** Something that the user can mend; the message says what. */
class Problem extends Error {}

async function fetched(name) {
  const answer = await fetch(name, { cache: "no-cache" });
  if (!answer.ok) throw new Problem(`${name} is missing: take the run home again.`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function described(name) {
  try {
    return JSON.parse(new TextDecoder().decode(await fetched(name)));
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(`${name} is damaged: take the run home again.`);
  }
}

async function hashOf(content) {
  const digest = await crypto.subtle.digest("SHA-256", content);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The run: finds, cuts, turns upright, and asks its networks. */
class Recogniser {
  static async opened() {
    const model = await described("model.json");
    if (!model.files) throw new Problem("model.json is damaged: take the run home again.");
    if (model.format !== FORMAT) {
      throw new Problem(`This folder has format ${model.format}; this page reads format ${FORMAT}.`);
    }
    const sessions = {};
    for (const name of [model.detector.file, ...model.networks.map((network) => network.file)]) {
      const content = await fetched(name);
      // A page without HTTPS, other than on this computer, has no means to check it.
      if (crypto.subtle && (await hashOf(content)) !== model.files[name]) {
        throw new Problem(`${name} is damaged: take the run home again.`);
      }
      sessions[name] = await ort.InferenceSession.create(content);
    }
    return new Recogniser(model, sessions);
  }

  constructor(model, sessions) {
    this.model = model;
    this.sessions = sessions;
    this.finder = new Finder(sessions[model.detector.file], model.detector);
    this.threshold = model.decision.threshold;
  }

  async arranged(face, network) {
    if (network.mean_face === null) return resized(face, network.side, network.side);
    return upright(face, this.finder, network.side, network.mean_face, this.model);
  }

  /** Probabilities of all people, and the score, of each face that was cut out. */
  async outputs(faces) {
    const found = faces.map(() => ({}));
    for (const network of this.model.networks) {
      const size = 3 * network.side * network.side;
      const values = new Uint8Array(faces.length * size);
      for (const [place, face] of faces.entries()) values.set((await this.arranged(face, network)).data, place * size);
      const input = new ort.Tensor("uint8", values, [faces.length, network.side, network.side, 3]);
      const answer = await this.sessions[network.file].run({ faces: input });
      for (const name of network.outputs) {
        const { data, dims } = answer[name];
        const width = dims.length > 1 ? dims[1] : 1;
        found.forEach((one, place) => (one[name] = Array.from(data.slice(place * width, (place + 1) * width))));
      }
    }
    return found.map((one) => ({ probabilities: one.probabilities, score: one.score[0] }));
  }

  /** Box, probabilities and score of each face in an image. */
  async look(image) {
    const found = await this.finder.find(image, this.model.detector.minimum_score);
    const cuts = found.map(({ box }) => ({ box, face: cut(image, box, this.model.crop) })).filter(({ face }) => face);
    const outputs = cuts.length ? await this.outputs(cuts.map(({ face }) => face)) : [];
    return outputs.map((output, place) => ({ box: cuts[place].box, ...output }));
  }

  /** The likeliest person's name, or Unknown if the score is too low. */
  named({ probabilities, score }) {
    const best = probabilities.indexOf(Math.max(...probabilities));
    const known = this.model.people[best] !== this.model.unknown && score > this.threshold;
    if (!known) return { known, text: this.model.unknown };
    const sure = probabilities.length > 1 ? ` ${Math.round(100 * probabilities[best])}%` : "";
    return { known, text: this.model.people[best] + sure };
  }
}

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** Whether the folder's faces get the numbers that facerec gave them; and a sentence. */
async function checked(recogniser) {
  const kept = await described("check.json");
  const side = recogniser.model.crop.side;
  const all = bytes(kept.faces);
  let apart = 0;
  for (let place = 0; place < kept.scores.length; place++) {
    const data = all.slice(place * 3 * side * side, (place + 1) * 3 * side * side);
    const [found] = await recogniser.outputs([{ width: side, height: side, data }]);
    const numbers = [...found.probabilities, found.score];
    const wanted = [...kept.probabilities[place], kept.scores[place]];
    const differences = numbers.map((number, at) => Math.abs(number - wanted[at]));
    apart = Math.max(apart, ...differences.map((difference) => (difference >= 0 ? difference : Infinity)));
  }
  const picture = { width: kept.picture.width, height: kept.picture.height, data: bytes(kept.picture.pixels) };
  const seen = await recogniser.finder.find(picture, recogniser.model.detector.minimum_score);
  const again = kept.boxes.filter((box) => seen.some((face) => overlap(face.box, box) > LEAST_OVERLAP)).length;
  const same = apart <= MOST_DIFFERENCE && again === kept.boxes.length && again === seen.length;
  const words =
    `${kept.scores.length} faces: probabilities and scores differ by at most ${apart.toExponential(1)} ` +
    `(allowed: ${MOST_DIFFERENCE}). ${again} of ${kept.boxes.length} faces of a picture found at their places.`;
  return { same, words };
}

function draw(recogniser, source, width, height, faces, mirrored) {
  const canvas = element("picture");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d");
  context.save();
  if (mirrored) {
    context.translate(width, 0);
    context.scale(-1, 1);
  }
  context.drawImage(source, 0, 0, width, height);
  context.restore();
  const size = Math.max(16, Math.round(height / 18));
  context.font = `${size}px sans-serif`;
  context.textBaseline = "top";
  context.lineWidth = Math.max(2, size / 8);
  for (const face of faces) {
    const { known, text } = recogniser.named(face);
    const [left, top, wide, high] = face.box;
    const x = mirrored ? width - left - wide : left;
    context.strokeStyle = context.fillStyle = known ? GREEN : RED;
    context.strokeRect(x, top, wide, high);
    const label = context.measureText(text).width + size / 2;
    const [at, above] = [Math.max(0, Math.min(x, width - label)), Math.max(0, top - 1.3 * size)];
    context.fillRect(at, above, label, 1.3 * size);
    context.fillStyle = "white";
    context.fillText(text, at + size / 4, above + 0.15 * size);
  }
}

function say(text, kind = "") {
  element("said").textContent = text;
  element("said").className = kind;
}

/** What the page does at a time: nothing, the camera, or a picture. */
class Page {
  constructor(recogniser) {
    this.recogniser = recogniser;
    this.stream = null;
    this.redraw = () => {};
    const { low, high, threshold } = recogniser.model.decision;
    const slider = element("threshold");
    Object.assign(slider, { min: low, max: high, step: (high - low) / 200, value: threshold });
    const show = () => (element("at").textContent = recogniser.threshold.toFixed(3));
    slider.addEventListener("input", () => {
      recogniser.threshold = Number(slider.value);
      show();
      this.redraw();
    });
    show();
    element("camera").addEventListener("click", () => this.tried(() => (this.stream ? this.stop() : this.start())));
    element("check").addEventListener("click", () => this.tried(() => this.check()));
    element("file").addEventListener("change", (event) => this.tried(() => this.show(event.target.files[0])));
    for (const id of ["camera", "check", "file", "threshold"]) element(id).disabled = false;
  }

  async tried(act) {
    try {
      await act();
    } catch (error) {
      this.stop();
      say(error.message, "problem");
    }
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    element("camera").textContent = "Camera on";
  }

  async start() {
    if (!navigator.mediaDevices) {
      throw new Problem("The browser gives its camera to pages of this computer or with HTTPS only.");
    }
    const wanted = { video: { width: 640, height: 480, facingMode: "user" } };
    this.stream = await navigator.mediaDevices.getUserMedia(wanted).catch((error) => {
      const denied = error.name === "NotAllowedError";
      throw new Problem(denied ? "The camera was not allowed: allow it beside the address." : "There is no camera, or another program uses it.");
    });
    element("camera").textContent = "Camera off";
    const video = document.createElement("video");
    Object.assign(video, { srcObject: this.stream, muted: true, playsInline: true });
    await video.play();
    let [frames, since] = [0, performance.now()];
    while (this.stream) {
      const [width, height] = [video.videoWidth, video.videoHeight];
      const frame = await createImageBitmap(video);
      const faces = await this.recogniser.look(read(frame, width, height));
      this.redraw = () => draw(this.recogniser, frame, width, height, faces, true);
      this.redraw();
      frames++;
      const now = performance.now();
      if (now - since > 1000) {
        say(`${((1000 * frames) / (now - since)).toFixed(1)} frames/s · ${this.words(faces)}`);
        [frames, since] = [0, now];
      }
      await new Promise(requestAnimationFrame);
    }
  }

  async show(file) {
    if (!file) return;
    this.stop();
    const picture = await createImageBitmap(file).catch(() => {
      throw new Problem(`${file.name} is no picture that the browser can read.`);
    });
    const scale = Math.min(1, MOST_PIXELS / Math.max(picture.width, picture.height));
    const [width, height] = [picture.width, picture.height].map((side) => Math.round(side * scale));
    const faces = await this.recogniser.look(read(picture, width, height));
    this.redraw = () => draw(this.recogniser, picture, width, height, faces, false);
    this.redraw();
    say(this.words(faces));
  }

  async check() {
    this.stop();
    say("Checking …");
    const { same, words } = await checked(this.recogniser);
    say(`${same ? "It is the same recogniser." : "It is NOT the same recogniser."} ${words}`, same ? "same" : "problem");
  }

  words(faces) {
    return faces.map((face) => this.recogniser.named(face).text).join(", ") || "no face";
  }
}

say("Loading …");
try {
  const recogniser = await Recogniser.opened();
  document.title = element("run").textContent = recogniser.model.run;
  new Page(recogniser);
  say(`Knows ${recogniser.model.people.filter((name) => name !== recogniser.model.unknown).join(", ")}.`);
} catch (error) {
  say(error instanceof Problem ? error.message : `The browser cannot run this: ${error.message}`, "problem");
}
