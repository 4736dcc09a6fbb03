// Passes the faces before the camera to the map, which is another component of the page.
export default function ({ data }) {
  window.facerecLiveFaces = { ...window.facerecLiveFaces, [data.map]: data.faces };
  window.dispatchEvent(new CustomEvent("facerec-live-faces"));
}
