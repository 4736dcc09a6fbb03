const USES_KEYS = "input, textarea, select, [contenteditable=true], [role=slider], [role=combobox]";
const PRESSED_BY = "button, a, video, summary, [role=tab], [role=radio], [role=checkbox]";
const LOOK_EVERY = 1000; // milliseconds
const MOST = 50;

export default function ({ data, parentElement, setStateValue }) {
  // With other data this is called again: the listeners of the earlier call must end.
  const host = parentElement.host ?? parentElement;
  host.release?.();
  const heard = new Set();
  // The camera's component is a frame with a document of its own.
  const look = () => {
    for (const frame of document.querySelectorAll("iframe")) hear(frame.contentDocument);
  };
  const timer = setInterval(look, LOOK_EVERY);
  hear(document);
  look();
  host.release = () => {
    clearInterval(timer);
    for (const place of heard) place.removeEventListener("keydown", pressed);
  };
  return host.release;

  function hear(place) {
    if (!place || heard.has(place)) return;
    heard.add(place);
    place.addEventListener("keydown", pressed);
  }

  function pressed(event) {
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.metaKey || event.altKey || !data.keys.includes(key)) return;
    if (event.target.closest?.(USES_KEYS)) return;
    // After START, the focus stays on the camera's button, where the space bar would stop it.
    const inside = event.target.ownerDocument === document;
    if (key === " " && inside && event.target.closest?.(PRESSED_BY)) return;
    event.preventDefault();
    if (!inside) event.target.blur();
    // Presses that follow each other faster than the page is drawn must all count.
    const last = host.pressed?.at(-1)?.[0] ?? 0;
    host.pressed = [...(host.pressed ?? []), [Math.max(Date.now(), last + 1), key]].slice(-MOST);
    setStateValue("pressed", host.pressed);
  }
}
