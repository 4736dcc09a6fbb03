const SVG = "http://www.w3.org/2000/svg";
const MARGIN = 46, NEAR = 26, CARD = 148, FACE = 136, LINE = 22;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export default function ({ data, parentElement }) {
  const map = parentElement.querySelector(".map");
  const svg = parentElement.querySelector("svg");
  const card = parentElement.querySelector(".card");
  const face = parentElement.querySelector(".face");
  const said = parentElement.querySelector(".said");
  const live = parentElement.querySelector(".live");
  const bounds = extent(data.points);
  const people = new Map();
  let at = [], chosen = null, place = null;

  face.style.backgroundImage = `url(${data.sheet.url})`;
  face.style.backgroundSize = `${data.sheet.columns * FACE}px auto`;
  live.replaceChildren();
  map.onpointermove = map.onpointerdown = (event) => choose(nearest(event));
  map.onpointerleave = () => choose(null);
  map.onblur = () => choose(null);
  map.onfocus = () => map.matches(":focus-visible") && chosen === null && choose(0);
  map.onkeydown = (event) => {
    if (event.key === "Escape") choose(null);
    if (!(event.key in ARROWS)) return;
    event.preventDefault();
    choose(chosen === null ? 0 : next(chosen, ARROWS[event.key]));
  };
  // With other data this is called again: observer and listener of the earlier call must end.
  map.release?.();
  const observer = new ResizeObserver(draw);
  observer.observe(map.parentElement ?? parentElement.host);
  window.addEventListener("facerec-live-faces", showLive);
  map.release = () => {
    observer.disconnect();
    window.removeEventListener("facerec-live-faces", showLive);
  };
  draw();
  return map.release;

  function draw() {
    const width = map.clientWidth;
    if (!width) return;
    const height = Math.min(data.tallest, Math.round(width * 0.62));
    map.style.height = `${height}px`;
    place = placer(bounds, width, height, data.stretch);
    at = data.points.map((point) => place(point.x, point.y));
    svg.replaceChildren();
    for (const cross of [true, false])
      data.points.forEach((point, number) => {
        if (data.groups[point.group].cross === cross) svg.append(mark(point, number));
      });
    labels(width, height);
    drawKey();
    svg.append(element("circle", { class: "chosen", r: 10, visibility: "hidden" }));
    show();
    showLive();
  }

  function mark(point, number) {
    const group = data.groups[point.group];
    const [x, y] = at[number];
    if (!group.cross)
      return element("circle", {
        cx: x, cy: y, r: 6, fill: group.color, "fill-opacity": 0.75, stroke: "white",
        "data-point": number,
      });
    const path = `M${x - 4} ${y - 4}l8 8m0 -8l-8 8`;
    return element("path", {
      d: path, stroke: group.color, "stroke-width": 2, "stroke-opacity": 0.6, "data-point": number,
    });
  }

  // Class names in the middle of their points, moved apart if they would overlap.
  function labels(width, height) {
    const named = data.groups
      .filter((group) => group.at)
      .map((group) => ({ group, at: place(...group.at), wide: 5 * group.name.length + 6 }))
      .sort((one, other) => one.at[1] - other.at[1]);
    for (const label of named)
      label.at[0] = Math.min(Math.max(label.at[0], label.wide), width - label.wide);
    for (let turn = 0; turn < 30; turn++)
      for (const one of named)
        for (const other of named) {
          const apart = other.at[1] - one.at[1];
          const beside = Math.abs(other.at[0] - one.at[0]) > one.wide + other.wide;
          if (one === other || beside || Math.abs(apart) >= LINE) continue;
          const push = ((LINE - Math.abs(apart)) / 2) * (apart < 0 ? -1 : 1);
          one.at[1] -= push;
          other.at[1] += push;
        }
    for (const { group, at } of named) {
      const y = Math.min(Math.max(at[1], LINE), height - LINE);
      const label = element("text", { class: "label", x: at[0], y, fill: group.color });
      label.textContent = group.name;
      svg.append(label);
    }
  }

  // Legend of the strangers, who have no label on the map.
  function drawKey() {
    const strangers = data.groups.find((group) => !group.at);
    if (!strangers) return;
    const sign = { d: "M14 14l8 8m0 -8l-8 8", stroke: strangers.color, "stroke-width": 2.5 };
    const words = element("text", { class: "key", x: 30, y: 19, fill: strangers.color });
    words.textContent = strangers.name;
    svg.append(element("path", sign), words);
  }

  function nearest(event) {
    const box = map.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    let best = null, least = NEAR;
    at.forEach((point, number) => {
      const distance = Math.hypot(point[0] - x, point[1] - y);
      if (distance < least) [best, least] = [number, distance];
    });
    return best;
  }

  // The nearest point within 45 degrees of the direction.
  function next(from, [right, down]) {
    let best = from, least = Infinity;
    at.forEach((point, number) => {
      const x = point[0] - at[from][0], y = point[1] - at[from][1];
      const along = x * right + y * down, aside = Math.abs(x * down) + Math.abs(y * right);
      if (along > 0.5 && along >= aside && along + 2 * aside < least)
        [best, least] = [number, along + 2 * aside];
    });
    return best;
  }

  function choose(number) {
    if (number === chosen) return;
    chosen = number;
    show();
  }

  function show() {
    const ring = svg.querySelector(".chosen");
    card.hidden = chosen === null;
    ring?.setAttribute("visibility", chosen === null ? "hidden" : "visible");
    const words = chosen === null ? "" : title(data.points[chosen]);
    said.textContent = words;
    if (chosen === null) return;
    const [x, y] = at[chosen];
    ring.setAttribute("cx", x);
    ring.setAttribute("cy", y);
    const column = chosen % data.sheet.columns, row = Math.floor(chosen / data.sheet.columns);
    face.style.backgroundPosition = `${-column * FACE}px ${-row * FACE}px`;
    parentElement.querySelector(".name").textContent = words;
    const left = x + 18 + CARD > map.clientWidth ? x - 18 - CARD : x + 18;
    const top = Math.min(Math.max(y - CARD / 2, 6), map.clientHeight - card.offsetHeight - 6);
    card.style.left = `${Math.max(left, 6)}px`;
    card.style.top = `${top}px`;
  }

  function title(point) {
    return data.groups[point.group].cross ? `${point.name} (a stranger)` : point.name;
  }

  function showLive() {
    if (!place) return;
    const faces = window.facerecLiveFaces?.[data.map] ?? [];
    const present = new Set(faces.map((item) => item.track));
    for (const [track, person] of people)
      if (!present.has(track)) {
        person.remove();
        people.delete(track);
      }
    for (const item of faces) {
      const person = people.get(item.track) ?? enter(item.track);
      const [x, y] = place(item.x, item.y);
      const inside = (value, size) => Math.min(Math.max(value, 34), size - 56);
      person.style.transform =
        `translate(${inside(x, map.clientWidth)}px, ${inside(y, map.clientHeight)}px)`;
      const [image, name] = person.children;
      image.src = item.url;
      image.style.borderColor = name.style.background = item.color;
      name.textContent = item.name;
    }
  }

  function enter(track) {
    const person = document.createElement("div");
    person.className = "person";
    person.append(document.createElement("img"), document.createElement("span"));
    people.set(track, person);
    live.append(person);
    return person;
  }
}

function extent(points) {
  const xs = points.map((point) => point.x), ys = points.map((point) => point.y);
  return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
}

// From map coordinates to pixels; both axes have one scale if the map's distances have a meaning.
function placer([left, right, low, high], width, height, stretch) {
  let across = (width - 2 * MARGIN) / (right - left || 1);
  let down = (height - 2 * MARGIN) / (high - low || 1);
  if (!stretch) across = down = Math.min(across, down);
  return (x, y) => [
    width / 2 + (x - (left + right) / 2) * across,
    height / 2 - (y - (low + high) / 2) * down,
  ];
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
