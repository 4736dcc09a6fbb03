"""The address of each page, for st.Page, st.page_link and st.switch_page."""

HOME = "pages/home.py"
DATASET = "pages/dataset.py"
AUGMENT = "pages/augment.py"
TRAIN = "pages/train.py"
COMPARE = "pages/compare.py"
LIVE = "pages/live.py"
EXPERIMENTS = "pages/experiments.py"
