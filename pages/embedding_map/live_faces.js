// Hands the faces before the camera to the map, which stands elsewhere on the page.
export default function ({ data }) {
  window.facerecLiveFaces = { ...window.facerecLiveFaces, [data.map]: data.faces };
  window.dispatchEvent(new CustomEvent("facerec-live-faces"));
}
