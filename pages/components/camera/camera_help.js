const ERRORS = [
  [/NotAllowedError|SecurityError/, "refused"],
  [/NotFoundError|OverconstrainedError/, "none"],
  [/NotReadableError|AbortError/, "busy"],
  [/taking longer than expected/, "connection"],
];

export default function ({ data, parentElement }) {
  const place = parentElement.querySelector(".message");
  const timer = setInterval(look, 1000);
  look();
  return () => clearInterval(timer);

  async function look() {
    const reason = complaint() ?? (await obstacle());
    const message = reason ? data.messages[reason] : "";
    if (place.textContent !== message) place.textContent = message;
  }

  // The streamer's error message in its iframe, which is written for developers.
  function complaint() {
    const frame = document.querySelector("iframe[title*='webrtc']");
    const text = frame?.contentDocument?.body?.innerText ?? "";
    return ERRORS.find(([pattern]) => pattern.test(text))?.[1];
  }

  async function obstacle() {
    if (!window.isSecureContext || !navigator.mediaDevices) return "insecure";
    const permission = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
    if (permission?.state === "denied") return "refused";
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.some((device) => device.kind === "videoinput") ? null : "none";
  }
}
