"""Augment page: random changes of a face, recipes for them, and augmented copies of a data set."""

import math
from collections.abc import Sequence
from dataclasses import fields
from functools import partial

import streamlit as st

from facerec.augmentation import saved as recipes
from facerec.augmentation.copies import MOST_COPIES, write_augmented_copies
from facerec.augmentation.recipe import GROUPS, PRESETS, Augmentation
from facerec.augmentation.saved import Recipes
from facerec.datasets.folder import FaceFile, FaceFolder
from facerec.faces.preprocessing import face_file
from facerec.networks.catalogue import NETWORKS
from facerec.runs.settings import USUAL, preset
from facerec.system import paths
from facerec.system.markdown import plain
from facerec.system.pace import predicted_seconds
from pages.shared import addresses, cards, session
from pages.shared.how_long import how_long
from pages.shared.progress import errors_shown, progress_bar

# The recipe that training starts from, too.
_TRAINED_WITH = preset(USUAL, "", next(iter(NETWORKS))).augmentation
FIRST = next(name for name in PRESETS if PRESETS[name] == _TRAINED_WITH)
SETTINGS = {item.name: item.metadata for item in fields(Augmentation)}
ONE_FACE, MANY_FACES, EACH_CHANGE = VIEWS = (
    "One face, many draws",
    "Many faces, one draw",
    "Each change alone",
)
DRAWS = 14
FACES = 12
PICTURES_OF_A_CHANGE = 4


def start_from(name: str) -> None:
    """Select a recipe and set the sliders to its values, from the next rerun on."""
    st.session_state["augment-start"] = name
    st.rerun()


def choose_recipe(known: Recipes) -> str:
    """Draw a select box of the presets and saved recipes, and give the chosen one's name.

    The sliders start from that recipe.
    """
    state = st.session_state
    begun = state.pop("augment-start", None if "augment-base" in state else FIRST)
    if begun:
        state["augment-base"] = begun
        fill_sliders()
    if state["augment-base"] not in known.by_name:
        state["augment-base"] = FIRST
    return st.selectbox(
        "Start from",
        list(known.by_name),
        key="augment-base",
        on_change=fill_sliders,
        persist_state="session",
        help="Puts a preset's or a saved recipe's values into the sliders below.",
    )


def fill_sliders() -> None:
    """Set the sliders to the values of the chosen recipe."""
    recipe = recipes.all_recipes().by_name.get(st.session_state["augment-base"], PRESETS[FIRST])
    for name, value in recipe.as_dict().items():
        st.session_state[f"augment-{name}"] = float(value)


def recipe_sliders() -> Augmentation:
    """Draw a slider for each setting in a tab for each group, and give the recipe they make."""
    values = {}
    for group, tab in zip(GROUPS, st.tabs([group.split()[0] for group in GROUPS]), strict=True):
        with tab:
            for name, setting in SETTINGS.items():
                if setting["group"] != group:
                    continue
                maximum = setting["maximum"]
                values[name] = st.slider(
                    setting["label"],
                    0.0,
                    maximum,
                    step=1.0 if maximum > 5 else 0.1 if maximum > 1 else 0.01,
                    format="%.0f" if maximum > 5 else "%.1f" if maximum > 1 else "%.2f",
                    key=f"augment-{name}",
                    help=setting["help"],
                    persist_state="session",
                )
    return Augmentation(**values)


def save_and_share(recipe: Augmentation, base: str) -> None:
    """Draw buttons to save, download, upload and delete a recipe."""
    saved = base not in PRESETS
    with errors_shown():
        name = st.text_input(
            "Name",
            base if saved else "",
            key=f"augment-name-{base}",
            placeholder="for example: dark room",
        )
        if st.button("Save", type="primary", icon=":material/save:"):
            start_from(recipes.save(name, recipe))
        st.caption("Saved recipes can be picked here and on the Train page.")
    st.download_button(
        "Download as a file",
        recipes.to_json(recipe),
        f"{name.strip() or base}.json",
        icon=":material/download:",
        on_click="ignore",
    )
    with errors_shown():
        received = st.session_state.get("augment-received", 0)
        file = st.file_uploader(
            "Open a recipe's file (JSON)", "json", max_upload_size=1, key=f"augment-file-{received}"
        )
        if file:
            name = recipes.receive(file.name, file.getvalue())
            st.session_state["augment-received"] = received + 1
            start_from(name)
    # The sliders keep their values, so that a deleted recipe can be saved again.
    if saved and st.button(f"Delete {plain(base)}", icon=":material/delete:"):
        recipes.delete(base)
        st.rerun()


def choose_face(originals: Sequence[FaceFile]) -> FaceFile:
    """Draw select boxes for a class and one of its images, and give the image."""
    names = list(dict.fromkeys(face.class_name for face in originals))
    name = st.selectbox("Face of", names, width=180, label_visibility="collapsed")
    faces = [face for face in originals if face.class_name == name]
    number = st.number_input(
        "Image",
        1,
        len(faces),
        key=f"augment-image-{name}",
        width=130,
        label_visibility="collapsed",
    )
    return faces[number - 1]


def show_draws(recipe: Augmentation, face: FaceFile, first: int) -> None:
    """Show one face unchanged and under many random draws of the recipe."""
    original = face_file(face.path)
    draws = [recipe.apply(original, first + draw) for draw in range(DRAWS)]
    captions = ["original", *[f"draw {number}" for number in range(1, DRAWS + 1)]]
    st.image([original, *draws], captions, width=115)


def show_faces(recipe: Augmentation, originals: Sequence[FaceFile], draw: int) -> None:
    """Show faces of all classes, each above its result under the same random draw."""
    classes: dict[str, list[FaceFile]] = {}
    for face in originals:
        classes.setdefault(face.class_name, []).append(face)
    of_each = max(1, FACES // len(classes))
    pictures, captions = [], []
    for name, faces in classes.items():
        # Evenly spaced faces come from several capture sessions.
        for face in faces[:: math.ceil(len(faces) / of_each)]:
            pictures.append(recipe.above_its_draw(face_file(face.path), draw))
            captions.append(plain(name))
    st.image(pictures, captions, width=104)


def show_changes(recipe: Augmentation, face: FaceFile, first: int) -> None:
    """Show a row for each active change: alone, at its strength, with what it simulates."""
    original = face_file(face.path)
    if not recipe.active():
        st.info(
            "Nothing is switched on: move a slider, or start from another recipe.",
            icon=":material/lightbulb:",
        )
    for name in recipe.active():
        alone, pictures = recipe.alone(name), recipe.extremes(name, original)
        for draw in range(PICTURES_OF_A_CHANGE - len(pictures)):
            pictures[f"draw {draw + 1}"] = alone.apply(original, first + draw)
        words, *places = st.columns([7, *[4] * PICTURES_OF_A_CHANGE], gap="xsmall")
        words.markdown(f"**{SETTINGS[name]['label']}**: {getattr(recipe, name):g}")
        words.caption(SETTINGS[name]["help"])
        for place, (caption, pixels) in zip(places, pictures.items(), strict=True):
            place.image(pixels, caption, width="stretch")


def write_copies(folder: FaceFolder, originals: int, recipe: Augmentation, seed: int) -> None:
    """Draw a form that writes augmented copies to a new data set."""
    st.write(
        "The recipe works best during training, where every epoch gets new draws. Write copies to "
        "look at them, to share them, or to train as the report did."
    )
    into = st.text_input("New data set", value=f"{folder.name} augmented")
    copies = st.slider("Copies of each image", 1, min(MOST_COPIES, 20), 3)
    st.caption(
        f"{originals} images become {originals * (copies + 1)}. The split never separates an image "
        "from its copies."
    )
    if not recipe.active():
        st.caption("The recipe changes nothing: copies would be the images as they are.")
    act = partial(write_augmented_copies, folder, into, recipe, copies, seed)
    if recipe.active():
        how_long(
            "copies",
            (folder.reference, originals, recipe, copies),
            lambda: predicted_seconds(act),
        )
    if st.button("Write the copies", icon=":material/content_copy:", disabled=not recipe.active()):
        with errors_shown():
            with progress_bar("Writing copies") as progress:
                count = act(progress=progress)
            name = paths.dataset_folder(into).name
            session.use(dataset=name)
            st.toast(f"{count} images are in {plain(name)}.", icon=":material/check:")
            st.rerun()


session.inside_app()
heading = st.container(horizontal=True, vertical_alignment="bottom")
heading.title("Augment", width="stretch")
st.write(
    "Random changes, drawn anew each time an image is used, let a few images do the work of many."
)
folder = session.dataset_in_use()
originals = [face for face in folder.face_files() if not face.is_copy] if folder else []
if folder is None or not originals:
    cards.empty_state(
        "There are no faces to change yet.",
        addresses.DATASET,
        "Collect some",
        ":material/photo_library:",
    )
    st.stop()

settings, pictures = st.columns([2, 5], gap="medium")
known = recipes.all_recipes()
with settings:
    base = choose_recipe(known)
    recipe = recipe_sliders()
    for remark in known.remarks:
        st.caption(f":material/warning: {plain(remark)}")
st.session_state["augment-recipe"] = recipe
with heading:
    if recipe != known.by_name[base]:
        st.caption(":material/edit: changed, not saved", width="content")
    with st.popover("Save and share", icon=":material/save:"):
        save_and_share(recipe, base)
    if st.button("Train with it", icon=":material/model_training:"):
        st.session_state["recipe_to_use"] = recipe
        # Switching pages drops the sidebar's choices from the URL, so they are set again.
        session.use(dataset=folder.name, run=st.session_state.get("run"))
        st.switch_page(addresses.TRAIN, query_params={})
with pictures:
    view = st.segmented_control(
        "View",
        VIEWS,
        default=ONE_FACE,
        required=True,
        key="augment-view",
        label_visibility="collapsed",
    )
    first = st.session_state.setdefault("augment-draw", 0)
    with st.container(horizontal=True, vertical_alignment="center"):
        face = None if view == MANY_FACES else choose_face(originals)
        if face is None:
            st.caption(
                "Above: the originals. Below: the same draw for all of them.", width="content"
            )
        if st.button("New draws", icon=":material/casino:", type="primary"):
            first = st.session_state["augment-draw"] = first + DRAWS
    if face is None:
        show_faces(recipe, originals, first)
    elif view == ONE_FACE:
        show_draws(recipe, face, first)
    else:
        show_changes(recipe, face, first)
    with st.expander("Write augmented copies to a new data set", icon=":material/content_copy:"):
        write_copies(folder, len(originals), recipe, first)
