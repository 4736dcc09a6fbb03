"""Entry of the app: navigation, and the sidebar with what is in use and what is being trained."""

import streamlit as st

from facerec.errors import FacerecError
from pages import parts

st.set_page_config(page_title="facerec", page_icon=":material/face:", layout="wide")
page = st.navigation(
    [
        st.Page("pages/home.py", title="Home", icon=":material/home:", default=True),
        st.Page("pages/dataset.py", title="Data set", icon=":material/photo_library:"),
        st.Page("pages/augment.py", title="Augment", icon=":material/auto_awesome_mosaic:"),
        st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
        st.Page("pages/compare.py", title="Compare", icon=":material/bar_chart:"),
        st.Page("pages/live.py", title="Live", icon=":material/videocam:"),
    ]
)
parts.sidebar()
try:
    page.run()
except FacerecError as error:
    st.error(str(error), icon=":material/error:")
