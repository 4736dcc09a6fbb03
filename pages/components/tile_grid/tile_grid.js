export default function ({ data, parentElement, setStateValue }) {
  const bar = parentElement.querySelector(".bar");
  const grid = parentElement.querySelector(".grid");
  const ids = data.tiles.map((tile) => tile.id);
  const selectable = data.tiles.filter((tile) => !tile.fixed).map((tile) => tile.id);
  // Handlers of tiles drawn earlier must use the setter of the latest call.
  grid.setStateValue = setStateValue;
  const drawn = JSON.stringify([ids, data.chosen]);
  const isNew = grid.drawn !== drawn;
  if (isNew) {
    const known = grid.drawn !== undefined;
    grid.drawn = drawn;
    grid.selected = new Set(data.chosen);
    grid.last = null;
    if (known) tell();
  }
  if (isNew || grid.childElementCount !== ids.length) grid.replaceChildren(...data.tiles.map(draw));
  show();

  function draw(tile) {
    const button = document.createElement("button");
    button.className = "tile";
    button.type = "button";
    button.dataset.id = tile.id;
    button.title = tile.title;
    button.disabled = tile.fixed;
    button.setAttribute("aria-label", [tile.title, tile.note].filter(Boolean).join(", "));
    const image = document.createElement("img");
    image.src = tile.url;
    image.alt = "";
    button.append(image);
    if (tile.note) {
      const note = document.createElement("span");
      note.className = "note";
      note.textContent = tile.note;
      button.append(note);
    }
    button.onclick = (event) => toggle(tile.id, event.shiftKey);
    return button;
  }

  function toggle(id, asRange) {
    const wanted = !grid.selected.has(id);
    const from = asRange && grid.last !== null ? selectable.indexOf(grid.last) : -1;
    const to = selectable.indexOf(id);
    const range = from < 0 ? [id] : selectable.slice(Math.min(from, to), Math.max(from, to) + 1);
    for (const each of range) wanted ? grid.selected.add(each) : grid.selected.delete(each);
    grid.last = id;
    show();
    tell();
  }

  function select(wanted) {
    grid.selected = new Set(wanted);
    show();
    tell();
  }

  function tell() {
    grid.setStateValue("selected", ids.filter((id) => grid.selected.has(id)));
  }

  function show() {
    for (const button of grid.children)
      button.setAttribute("aria-pressed", String(grid.selected.has(button.dataset.id)));
    const count = selectable.filter((id) => grid.selected.has(id)).length;
    const words = document.createElement("span");
    words.textContent = count ? `${count} selected` : "Click to select; Shift and click for many.";
    bar.replaceChildren(words, link("All on this page", () => select(selectable)));
    if (count) bar.append(link("None", () => select([])));
  }

  function link(text, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.onclick = act;
    return button;
  }
}
