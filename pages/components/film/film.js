const SAID_EVERY = 500; // milliseconds

export default function ({ data, parentElement }) {
  const host = parentElement.querySelector(".film");
  const canvas = parentElement.querySelector("canvas");
  const said = parentElement.querySelector(".said");
  const pen = canvas.getContext("2d");
  let waiting = 0, told = 0;

  // With other data this is called again: the loop of the earlier call must end.
  host.release?.();
  document.addEventListener("keydown", pause);
  host.release = () => {
    cancelAnimationFrame(waiting);
    document.removeEventListener("keydown", pause);
  };
  step();
  return host.release;

  function step() {
    waiting = requestAnimationFrame(step);
    const video = document.querySelector(data.video);
    if (!video || !video.videoWidth) return;
    const box = picture(video), from = host.getBoundingClientRect();
    const sharp = window.devicePixelRatio || 1;
    canvas.width = box.width * sharp;
    canvas.height = box.height * sharp;
    Object.assign(canvas.style, {
      left: `${box.left - from.left}px`, top: `${box.top - from.top}px`,
      width: `${box.width}px`, height: `${box.height}px`,
    });
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    const scale = box.width / data.size[0];
    const names = data.faces[frameAt(video.currentTime)].map((face) => draw(face, scale, box));
    if (performance.now() - told > SAID_EVERY || said.dataset.threshold !== `${data.threshold}`) {
      told = performance.now();
      said.dataset.threshold = data.threshold;
      said.textContent = names.join(", ");
    }
  }

  function pause(event) {
    const video = document.querySelector(data.video);
    if (event.key !== " " || !video || event.target.closest("input, textarea, button, video, a"))
      return;
    event.preventDefault();
    video.paused ? video.play() : video.pause();
  }

  // Where the picture lies inside the video element, which may have bars beside it.
  function picture(video) {
    const box = video.getBoundingClientRect();
    const scale = Math.min(box.width / video.videoWidth, box.height / video.videoHeight);
    const width = video.videoWidth * scale, height = video.videoHeight * scale;
    return {
      left: box.left + (box.width - width) / 2, top: box.top + (box.height - height) / 2,
      width, height,
    };
  }

  function frameAt(seconds) {
    let low = 0, high = data.times.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (data.times[middle] <= seconds + 0.001) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function draw([x, y, width, height, place, score, confidence], scale, box) {
    const named = score !== null && score > data.threshold;
    const label = place === null ? "" : named ? data.names[place] : data.unknown;
    const [known, unknown, looking] = data.colors;
    const isUnknown = label === data.unknown;
    const color = label === "" ? looking : isUnknown ? unknown : known;
    pen.lineWidth = Math.max(3, box.height / 130);
    pen.strokeStyle = color;
    pen.strokeRect(x * scale, y * scale, width * scale, height * scale);
    if (label === "") return "…";
    const sure = label === data.names[place] && data.names.length > 1;
    const text = sure ? `${label} ${Math.round(100 * confidence)}%` : label;
    const size = Math.max(20, box.height / 16);
    pen.font = `600 ${size}px sans-serif`;
    const wide = pen.measureText(text).width + size / 2, high = size * 1.3;
    const left = Math.max(0, Math.min(x * scale - pen.lineWidth / 2, box.width - wide));
    const top = Math.max(0, y * scale - high);
    pen.fillStyle = color;
    pen.fillRect(left, top, wide, high);
    pen.fillStyle = "white";
    pen.fillText(text, left + size / 4, top + size * 1.02);
    return text;
  }
}
