"""Augment: what chance changes do to a face, and writing augmented copies."""

import json
from dataclasses import fields

import streamlit as st

from facerec.augmentation import PRESETS, Augmentation
from facerec.copies import MOST_COPIES, write_augmented_copies
from facerec.preprocessing import face_file
from pages import parts

DRAWS = 11


def apply_preset() -> None:
    """Put the chosen preset's values into the sliders."""
    if (chosen := st.session_state["augment-preset"]) is not None:
        for name, value in PRESETS[chosen].as_dict().items():
            st.session_state[f"augment-{name}"] = float(value)


def recipe_sliders() -> Augmentation:
    """A slider for each setting; the recipe they make."""
    values = {}
    for item in fields(Augmentation):
        key, maximum = f"augment-{item.name}", item.metadata["maximum"]
        st.session_state.setdefault(key, float(PRESETS["Webcam"].as_dict()[item.name]))
        values[item.name] = st.slider(
            item.metadata["label"],
            0.0,
            maximum,
            step=1.0 if maximum > 1 else 0.05 if maximum > 0.5 else 0.01,
            key=key,
            help=item.metadata["help"],
            persist_state="session",
        )
    return Augmentation(**values)


st.title("Augment")
st.write(
    "A network that saw a face in one light and one pose knows only that. Augmentation changes "
    "each image by chance, every time it is looked at, so that a few images do the work of many."
)
folder = parts.dataset_in_use()
files = folder.face_files() if folder else []
if not files:
    parts.empty_state(
        "There are no faces to change yet.",
        "pages/dataset.py",
        "Collect some",
        ":material/photo_library:",
    )
    st.stop()

settings, grid = st.columns([2, 5], gap="large")
with settings:
    st.selectbox(
        "Start from",
        list(PRESETS),
        index=None,
        placeholder="A preset",
        key="augment-preset",
        on_change=apply_preset,
        help="Puts a preset's values into the sliders below.",
    )
    recipe = recipe_sliders()
with grid:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        counts = folder.counts()
        name = st.selectbox("Face of", [name for name, count in counts.items() if count])
        number = st.number_input("Image", 1, counts[name], key=f"augment-image-{name}")
        if st.button("New draws", icon=":material/casino:", type="primary"):
            st.session_state["augment-draw"] = st.session_state.get("augment-draw", 0) + DRAWS
    original = face_file([file for file in files if file.class_name == name][number - 1].path)
    first = st.session_state.get("augment-draw", 0)
    draws = [recipe.apply(original, first + draw) for draw in range(DRAWS)]
    st.image(
        [original, *draws],
        caption=["original", *[f"draw {n + 1}" for n in range(DRAWS)]],
        width=128,
    )
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.write("**Use it while training**: the Train page offers this recipe.")
        st.page_link("pages/train.py", label="Train", icon=":material/model_training:")
        st.download_button(
            "Save the recipe",
            json.dumps(recipe.as_dict(), indent=2),
            "augmentation.json",
            icon=":material/save:",
            help="A JSON file for the command line: train --augmentation FILE",
        )
    with st.expander("Or write augmented copies to a new data set"):
        into = st.text_input("New data set", value=f"{folder.name} augmented")
        copies = st.slider("Copies of each image", 1, min(MOST_COPIES, 20), 3)
        st.caption(f"{len(files)} images become up to {len(files) * (copies + 1)}.")
        if st.button("Write the copies", icon=":material/content_copy:"):
            with parts.errors_shown():
                with parts.progress("Writing copies") as progress:
                    count = write_augmented_copies(folder, into, recipe, copies, first, progress)
                parts.use(dataset=into.strip())
                st.toast(f"{count} images are in {into}.", icon=":material/check:")
                st.rerun()
st.session_state["augment-recipe"] = recipe
