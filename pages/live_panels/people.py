"""The known people: enrolment before the camera in seconds, and removal."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from facerec.datasets.folder import FaceFolder
from facerec.decisions.gallery import Gallery
from facerec.decisions.matchers import MATCHERS
from facerec.errors import FacerecError
from facerec.live.enrolment import FaceTaking, GalleryChanges
from facerec.live.frames import FacesFound
from facerec.live.pipeline import LivePipeline
from facerec.recognition import new_gallery
from facerec.runs import catalogue
from facerec.runs.run import Run
from facerec.system.markdown import plain
from facerec.system.pace import predicted_seconds
from pages.live_panels.view import LiveView
from pages.shared import cards, choosers, session
from pages.shared.how_long import how_long
from pages.shared.progress import errors_shown, progress_bar

MOST_OFFERED = 3
_WORK, _ERROR = "live-people-work", "live-people-error"


def taking_of(run: Run, pipeline: LivePipeline) -> FaceTaking:
    """The session's ``FaceTaking``, connected to the pipeline; a new one for another run."""
    name, taking = st.session_state.get("live-taking", (None, None))
    if name != run.name:
        # Enrolment into an earlier run ends.
        st.session_state.get("live-taking-end", lambda: None)()
        taking = FaceTaking()
        st.session_state["live-taking"] = run.name, taking
        st.session_state["live-taking-end"] = pipeline.subscribe(FacesFound, taking.watch)
    return taking


def changes_of(run: Run) -> GalleryChanges:
    """The session's gallery changes for this run, with undo."""
    changes: GalleryChanges | None = st.session_state.get("live-gallery-changes")
    if changes is None or changes.run.folder != run.folder:
        changes = st.session_state["live-gallery-changes"] = GalleryChanges(run)
    return changes


def panel(live: LiveView) -> None:
    """Draw enrolment on the left, and the known people on the right."""
    _work(live.run)
    _people(live)


def _work(run: Run) -> None:
    """Do the requested slow work; not in a fragment, where a Stop button has no effect."""
    wanted = st.session_state.pop(_WORK, None)
    if wanted is None:
        return
    with errors_shown():
        if not run.is_enrolled:
            act = _making(run, wanted)
            with progress_bar("Making the embedding recogniser") as progress:
                made = act(progress=progress)
            session.use(run=made.name)
        else:
            folder = session.dataset_in_use()
            if folder is None:
                raise FacerecError("There is no data set any more to add somebody from.")
            with progress_bar(f"Adding {wanted}") as progress:
                changes_of(run).enrol_class(folder, wanted, progress)
        st.rerun()


def _making(run: Run, published: str) -> Callable[..., Run]:
    """What makes an embedding recogniser of a run's network, or of a published one."""
    dataset = FaceFolder.open(run.config.dataset)
    name = catalogue.free_name(f"{dataset.name}-embedding")
    return partial(new_gallery.create, name, published or run, dataset)


@st.fragment
def _people(live: LiveView) -> None:
    run, taking, playing = live.run, live.taking, live.playing
    with errors_shown():
        if not run.is_enrolled:
            _classifier(run)
            return
        gallery = run.gallery
        changes = changes_of(run)
        left, right = st.columns([2, 3], gap="large")
        with left:
            if taking.person is None:
                _who(taking, playing)
                _from_dataset(gallery)
            else:
                st.markdown(f"Pictures of **{plain(taking.person)}** are being taken: see above.")
            _matcher(run, gallery, changes)
        with right:
            _known(gallery, changes, taking, playing)


@st.fragment(run_every=0.5)
def progress(live: LiveView) -> None:
    """Show the progress of enrolment and the hint for the person, twice a second."""
    taking, person = live.taking, live.taking.person
    if person is None:
        st.rerun()
    st.subheader(f"{plain(person)} · {taking.taken} of {taking.wanted}", anchor=False)
    st.progress(taking.taken / taking.wanted)
    if taking.complete:
        _enrol(person, taking, changes_of(live.run))
    hint = taking.hint
    if not live.playing:
        st.markdown("### :red[Press START below the picture]")
    else:
        st.markdown(f"### :{'red' if hint.stops else 'blue'}[{hint.text or '…'}]")
    if st.button("Stop", icon=":material/stop:", key="live-stop-taking"):
        taking.stop()
        st.rerun()


def _classifier(run: Run) -> None:
    """Say why a trained classifier cannot learn a person now, and what can."""
    st.write(
        f"**{plain(run.name)}** is a classifier: to know somebody new, it would have to be trained "
        "again. An embedding recogniser compares faces by their embeddings. These come from this "
        "network, or from one that has learned from millions of other faces. People are added and "
        "removed in seconds."
    )
    made = [item for item in catalogue.list_runs() if item.info.embedder == run.name]
    with st.container(horizontal=True):
        if st.button(
            "Make an embedding recogniser of it", type="primary", icon=":material/person_add:"
        ):
            st.session_state[_WORK] = ""
            st.rerun()
        best, (title, config) = next(iter(new_gallery.PRETRAINED.items()))
        if run.config.network != config.network and st.button(
            f"Make one of {title}", icon=":material/person_add:"
        ):
            st.session_state[_WORK] = best
            st.rerun()
        for item in made[:MOST_OFFERED]:
            if st.button(f"Use {plain(item.name)}", icon=":material/check:"):
                session.use(run=item.name)
                st.rerun()
    how_long("enrolling", run.cache_key, lambda: predicted_seconds(_making(run, "")))


def _who(taking: FaceTaking, playing: bool) -> None:
    """Draw the form for the name of the person before the camera."""
    with st.form("live-person", border=False):
        name = st.text_input("Who is before the camera?", placeholder="Type a name")
        if st.form_submit_button(
            "Take pictures", type="primary", icon=":material/photo_camera:", disabled=not playing
        ):
            _begin(taking, name)
    if not playing:
        st.caption("Press START first.")
    else:
        st.caption(
            f"{taking.wanted} pictures in some seconds; then the name is known. A person who is "
            "known already gets more pictures. Pictures of one sitting are all alike, which makes "
            "the threshold strict: lower it if somebody is called Unknown in another light."
        )
    if error := st.session_state.get(_ERROR):
        st.error(plain(error), icon=":material/error:")


def _begin(taking: FaceTaking, name: str) -> None:
    st.session_state.pop(_ERROR, None)
    try:
        taking.begin(name)
    except FacerecError as error:
        st.session_state[_ERROR] = str(error)
    st.rerun()


def _enrol(person: str, taking: FaceTaking, changes: GalleryChanges) -> None:
    """Enrol the person; the stream continues with the new gallery."""
    faces = taking.faces()
    taking.stop()
    with st.spinner(f"Remembering {plain(person)} …"):
        try:
            changes.enrol(person, faces)
            st.toast(f"{plain(person)} is known now.", icon=":material/check:")
        except FacerecError as error:
            st.session_state[_ERROR] = str(error)
    # The whole page reruns, since the stream needs the new recogniser.
    st.rerun()


def _from_dataset(gallery: Gallery) -> None:
    """Draw a button for each unknown class of the data set in use, which enrols it."""
    folder = session.dataset_in_use()
    known = {name.casefold() for name in gallery.people}
    counts = folder.counts() if folder else {}
    missing = [name for name, count in counts.items() if count and name.casefold() not in known]
    if folder is None or not missing:
        return
    st.caption(f"Or from the data set **{plain(folder.name)}**")
    with st.container(horizontal=True, gap="small"):
        for name in missing:
            if st.button(plain(name), key=f"live-enrol-{name}", icon=":material/person_add:"):
                st.session_state[_WORK] = name
                st.rerun()


def _matcher(run: Run, gallery: Gallery, changes: GalleryChanges) -> None:
    """Draw the choice of the matcher."""
    with st.expander(f"Faces are compared by {MATCHERS[gallery.matcher].title.lower()}"):
        key = f"live-matcher-{run.name}-{gallery.matcher}"
        chosen = choosers.choose_matcher(key, gallery.matcher, label_visibility="collapsed")
        if chosen != gallery.matcher:
            changes.change_matcher(chosen)
            st.rerun()


def _known(gallery: Gallery, changes: GalleryChanges, taking: FaceTaking, playing: bool) -> None:
    """Draw all known people, and the button that undoes the last change."""
    counts = gallery.counts()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(
            f"It knows {plain(cards.people_known(gallery))}", anchor=False, width="content"
        )
        if changes.last and st.button(f"Undo {plain(changes.last)}", icon=":material/undo:"):
            changes.undo()
            st.rerun()
    if not counts:
        st.info(
            "Nobody is known yet, so everybody is called Unknown. Type a name on the left, and "
            "take pictures.",
            icon=":material/lightbulb:",
        )
    with st.container(horizontal=True):
        for name, faces in counts.items():
            with (
                cards.person_card(gallery, name, faces),
                st.container(horizontal=True, gap="small"),
            ):
                if st.button(
                    "More", key=f"live-more-{name}", icon=":material/photo_camera:",
                    disabled=not playing or taking.person is not None,
                    help=f"Take more of {plain(name)}",
                ):  # fmt: skip
                    _begin(taking, name)
                if st.button("Remove", key=f"live-remove-{name}", icon=":material/person_remove:"):
                    changes.remove(name)
                    st.rerun()
