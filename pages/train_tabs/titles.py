"""The titles of the Train page's tabs, by which pages open a tab."""

RUN, NETWORK, LEARNING_RATE, TUNING, EMBEDDING = (
    ":material/show_chart: Run",
    ":material/account_tree: The network",
    ":material/speed: Learning rate",
    ":material/tune: Tuning",
    ":material/person_add: Without training",
)
