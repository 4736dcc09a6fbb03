import pytest
from streamlit.testing.v1 import AppTest


@pytest.mark.parametrize("filename", [None, "/data/class 7b"])
def test_an_error_of_the_system_is_one_line(filename: str | None) -> None:
    def page(filename: str | None) -> None:
        import errno

        import streamlit as st

        from pages.shared.progress import errors_shown

        with errors_shown():
            raise PermissionError(errno.EACCES, "Permission denied", filename)
        st.write("The page goes on.")

    app = AppTest.from_function(page, kwargs={"filename": filename}).run()
    assert not app.exception
    what = filename or "A file"
    assert [error.value for error in app.error] == [f"{what} cannot be used: Permission denied."]
    assert app.markdown[0].value == "The page goes on."
