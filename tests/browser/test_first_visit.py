"""The first visit after a start, straight to a page's own address."""

from playwright.sync_api import expect

from tests.browser.driver import App, browser_page, settled


def test_a_page_opened_by_its_address_comes_with_the_sidebar(app: App) -> None:
    with browser_page() as page:
        page.goto(f"{app.url}/train")
        settled(page)
        expect(page.get_by_role("heading", name="Train")).to_be_visible()
        links = page.get_by_test_id("stSidebarNav").get_by_role("link")
        assert [link.split()[-1] for link in links.all_inner_texts()] == [
            "Home", "set", "Augment", "Train", "Experiments", "Compare", "Live"
        ]  # fmt: skip
        expect(page.get_by_text("Data set in use")).to_be_visible()
    assert "Traceback" not in app.log
