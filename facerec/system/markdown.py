"""Text from files and people in Markdown."""

import re

# Only where it would act, so that ordinary sentences stay readable in the page's source.
_MARKUP = re.compile(
    r"""
    [\\`*\[\]<>~$]
    | (?<!\w)_ | _(?!\w)            # between letters, an underscore is one
    | :(?=[a-zA-Z+-]) | &(?=\#?\w+;)    # colours and emoji, and entities
    | ^[#+-] | (?:(?<=^\d)|(?<=^\d\d))[.)](?=\s)  # headings and lists
    """,
    re.VERBOSE,
)


def plain(text: object) -> str:
    r"""Text in Markdown that shows it as it is.

    Whatever comes from outside passes through here: names, paths, messages, remarks. A name such as
    ``$x^2$`` or ``[a](b)`` would else become a formula or a link. Options of a selectbox and cells
    of a data frame are no Markdown and need it not.
    """
    return _MARKUP.sub(lambda found: rf"\{found[0]}", " ".join(str(text).split("\n")))
