"""report.html as a person uses it: in a browser, by keyboard, on screen, on paper, with a screen reader."""

import gettext
import http.server
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from reports.document import AuditDocument
from reports.render_html import html
from reports.words import Words

pytestmark = pytest.mark.browser

Open = Callable[..., Page]


class _Counting(http.server.BaseHTTPRequestHandler):
    asked: list[str]

    def do_GET(self) -> None:  # the name that http.server calls
        self.asked.append(self.path)
        self.send_error(404)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open a file and fail afterwards if the console complained or any request left the page."""
    complaints: list[str] = []
    requests: list[str] = []
    contexts = []

    def opened(path: Path, *, scheme: Literal["light", "dark"] = "light", width: int = 1280) -> Page:
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(f"dialog {dialog.message}"))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in requests if url.startswith("file:")]) == len(contexts)


def _tab_to(page: Page, selector: str, *, presses: int = 120) -> None:
    """Press Tab until the element has the focus."""
    for _ in range(presses):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached with the Tab key")


def _rows(page: Page) -> list[str]:
    return [row.inner_text() for row in page.locator("#list tr.row").all()]


def test_all_findings_are_there_and_no_markup_of_a_name_is_run(open_page: Open, report: Path) -> None:
    """Every finding has its row, hostile names are text, and the policy stops what is not the page's own."""
    page = open_page(report)
    assert page.locator("#status").inner_text() == "46 of 46 verdicts match"
    assert len(_rows(page)) == 46
    assert page.get_by_text("<script>alert(1)</script>").count() == 2  # its panel and its row
    assert page.locator("script").count() == 3


def test_the_policy_refuses_a_foreign_script_and_request(browser: Browser, report: Path) -> None:
    """Even a script that got into the page would not run, nor an image be asked for."""
    asked: list[str] = []
    handler = type("Handler", (_Counting,), {"asked": asked})
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        page = browser.new_page()
        page.goto(report.as_uri())
        page.evaluate(
            """address => {
                const script = document.createElement("script");
                script.textContent = "window.ran = true";
                const image = document.createElement("img");
                image.src = address;
                document.body.append(script, image);
                return new Promise(refused => { image.onerror = refused; });
            }""",
            f"http://127.0.0.1:{server.server_port}/x.png",
        )
        assert page.evaluate("window.ran") is None
        page.close()
        server.shutdown()
    assert asked == []


def test_the_first_tab_stop_skips_to_the_findings(open_page: Open, report: Path) -> None:
    """A keyboard user need not walk through the summary."""
    page = open_page(report)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    box = page.locator(".skip").bounding_box()
    assert box is not None
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    _tab_to(page, "#q", presses=2)


def test_search_and_filters_work_by_keyboard(open_page: Open, report: Path) -> None:
    """Typing narrows, each filter narrows further, Clear brings all back."""
    page = open_page(report)
    _tab_to(page, "#q")
    page.keyboard.type("eu-west-1 snapshot")
    assert page.locator("#status").inner_text() == "14 of 46 verdicts match"
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    _tab_to(page, "#f-account", presses=1)
    page.keyboard.type("Payments prod")
    assert page.locator("#status").inner_text() == "3 of 46 verdicts match"
    page.keyboard.press("Home")
    for selector, typed, expected in (
        ("#f-control", "BKP-COV", 4),
        ("#f-verdict", "Non", 3),
        ("#f-severity", "Crit", 3),
        ("#f-region", "eu-central", 3),
    ):
        _tab_to(page, selector, presses=1)
        page.keyboard.type(typed)
        assert page.locator("#status").inner_text() == f"{expected} of 46 verdicts match", selector
    _tab_to(page, ".filters button", presses=1)
    page.keyboard.press("Enter")
    page.wait_for_function("document.getElementById('status').textContent === '46 of 46 verdicts match'")


def test_job_ids_and_chinese_are_found(open_page: Open, report: Path) -> None:
    """The search reads the evidence too, and no match says what to do."""
    page = open_page(report)
    page.fill("#q", "卷影副本")
    assert page.locator("#status").inner_text() == "1 of 46 verdicts match"
    page.fill("#q", "支付 生产")
    assert page.locator("#status").inner_text() == "2 of 46 verdicts match"
    page.fill("#q", "no such thing")
    assert page.locator("#status").inner_text() == "No verdict matches. Change or clear the filters."
    assert page.locator("#list").is_hidden()


def test_a_row_opens_by_keyboard_and_shows_its_evidence(open_page: Open, report: Path) -> None:
    """Enter on a subject shows reason, evidence and what to do; again, and it is closed."""
    page = open_page(report)
    page.fill("#q", "卷影副本")
    _tab_to(page, ".open")
    page.keyboard.press("Enter")
    sheet = page.locator(".sheet")
    text = sheet.inner_text()
    assert page.locator(".open").get_attribute("aria-expanded") == "true"
    for expected in (
        *("72.5 h without a recovery point", "Recovery point or job before it"),
        *("arn:aws:ec2:eu-central-1::snapshot/snap-0", "this slot is therefore FAILED", "What to do"),
    ):
        assert expected in text, expected
    page.keyboard.press("Enter")
    assert sheet.is_hidden()


def test_an_unanswered_call_is_mended_by_the_call(open_page: Open, report: Path) -> None:
    """What to do about a gap in the evidence is to let the call succeed, not what the control asks for."""
    page = open_page(report)
    page.select_option("#f-verdict", "INSUFFICIENT_DATA")
    page.locator(".open").first.press("Enter")

    assert "Let the calls that are named succeed" in page.locator(".sheet .todo").first.inner_text()


@pytest.mark.long
def test_what_is_attested_is_still_mended_by_the_call(
    open_page: Open, sample: AuditDocument, tmp_path: Path
) -> None:
    """What a person says does not take the place of the call."""
    one = next(one for one in sample.findings if one.reasons[0].code == "evidence_gap")
    told = replace(one, reasons=(replace(one.reasons[0], code="attested"),))
    path = tmp_path / "report.html"
    document = replace(sample, findings=(told,))
    path.write_text(html(document, Words(gettext.NullTranslations(), "en")), encoding="utf-8")
    page = open_page(path)
    page.locator(".open").first.press("Enter")

    assert "Let the calls that are named succeed" in page.locator(".sheet .todo").first.inner_text()


def test_what_to_do_is_that_of_the_reason(open_page: Open, report: Path) -> None:
    """As its cause says it, with commands as code; a reason without its own has that of the control."""
    page = open_page(report)
    page.select_option("#f-control", "BKP-COV-001")
    page.select_option("#f-verdict", "NON_COMPLIANT")
    page.locator(".open").first.press("Enter")
    todo = page.locator(".sheet .todo dd")
    assert todo.inner_text() == "Take it out of NotResources (Terraform: not_resources), or tag it <right>."
    assert todo.locator("code").all_inner_texts() == ["NotResources", "not_resources"]
    page.select_option("#f-control", "BKP-ENC-001")
    page.locator(".open").first.press("Enter")
    assert page.locator(".sheet .todo dd").inner_text().startswith("Change the declaration")


def test_tables_are_sorted_by_buttons(open_page: Open, report: Path) -> None:
    """Findings and summary tables sort up and down, and say so to a screen reader."""
    page = open_page(report)
    account = page.locator("#list th[data-key=account]")
    account.get_by_role("button").press("Enter")
    assert account.get_attribute("aria-sort") == "ascending"
    accounts = [row.split("\t")[4].split("\n")[0] for row in _rows(page)]
    assert accounts == sorted(accounts, key=str.lower)
    account.get_by_role("button").press("Enter")
    assert account.get_attribute("aria-sort") == "descending"
    total = page.locator("#accounts thead th").last
    total.get_by_role("button").click()
    cells = [int(cell.inner_text()) for cell in page.locator("#accounts tbody td:last-child").all()]
    assert cells == sorted(cells)


def test_a_control_of_the_summary_leads_to_its_findings(open_page: Open, report: Path) -> None:
    """The link filters, and the focus is where the findings begin."""
    page = open_page(report)
    page.locator("#controls a", has_text="BKP-ENC-001").press("Enter")
    assert page.locator("#status").inner_text() == "15 of 46 verdicts match"
    assert page.evaluate("document.activeElement.id") == "findings-h"


def test_more_findings_than_the_file_holds_are_announced_and_paged(
    open_page: Open, long_report: Path
) -> None:
    """6,000 findings: the page says that 5,000 are here, shows 50 of them and filters all of them."""
    page = open_page(long_report)
    assert page.get_by_text("5,000 of 6,000 verdicts shown: the first of each class.").is_visible()
    assert len(_rows(page)) == 50
    page.locator("#next").press("Enter")
    assert page.locator("#range").inner_text() == "51 to 100 of 5,000 verdicts"
    page.fill("#q", "gold vault")
    assert page.locator("#status").inner_text().endswith(" of 5,000 shown verdicts match")


def test_on_paper_everything_is_open(open_page: Open, report: Path) -> None:
    """Printing shows the evidence of what was filtered, without controls, and restores the page."""
    page = open_page(report)
    page.fill("#q", "BKP-IMM-001")
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator(".sheet").count() == 3
    assert page.locator(".filters").is_hidden()
    assert page.locator(".sections").is_hidden()
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator(".sheet").count() == 0


def test_on_a_narrow_screen_nothing_is_cut(open_page: Open, report: Path) -> None:
    """At 320 pixels the page itself does not scroll sideways (WCAG 1.4.10)."""
    page = open_page(report, width=320)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("width", [320, 390, 1100, 1300, 1400])
def test_no_part_of_the_page_is_hidden_in_a_box_that_scrolls(
    open_page: Open, report: Path, width: int
) -> None:
    """Neither sideways nor down: a table that is too wide stands row under row, with its headings."""
    page = open_page(report, width=width)
    boxes = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((one) => {
            const style = getComputedStyle(one);
            return (/auto|scroll/.test(style.overflowX) && one.scrollWidth > one.clientWidth + 1)
                || (/auto|scroll/.test(style.overflowY) && one.scrollHeight > one.clientHeight + 1);
        }).map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert boxes == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_what_is_filtered_stands_in_the_address(open_page: Open, report: Path) -> None:
    """So that it can be sent; opened again it is filtered so, and an unknown value filters nothing."""
    page = open_page(report)
    page.select_option("#f-control", "BKP-FRQ-001")
    page.fill("#q", "卷影副本 &")
    address = "#findings?control=BKP-FRQ-001&q=%E5%8D%B7%E5%BD%B1%E5%89%AF%E6%9C%AC+%26"
    assert page.evaluate("location.hash") == address
    page.locator(".filters button").click()
    page.wait_for_function("location.hash === '#findings'")
    page.evaluate("hash => { location.hash = hash; }", "#findings?control=BKP-ENC-001&account=nobody")
    page.wait_for_function("document.getElementById('status').textContent === '15 of 46 verdicts match'")
    assert page.locator("#f-account").input_value() == "*"


def test_a_page_that_is_opened_with_filters_has_them(browser: Browser, report: Path) -> None:
    """From the first moment."""
    page = browser.new_page()
    page.goto(report.as_uri() + "#findings?verdict=INSUFFICIENT_DATA&severity=high")
    assert page.locator("#f-verdict").input_value() == "INSUFFICIENT_DATA"
    assert page.locator("#f-severity").input_value() == "high"
    page.close()


def test_without_javascript_the_reader_is_told(browser: Browser, report: Path) -> None:
    """Summary and gaps stand, and a sentence says where the findings are."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.get_by_text("The same verdicts are in findings.csv and report.pdf.").is_visible()
    assert page.get_by_text("ThrottlingException").is_visible()
    assert page.locator(".strip").count() == 8
    said = page.locator("figcaption", has_text="30 backups were due: 27 made in time, 3 never started.")
    assert said.first.is_visible()
    context.close()


def test_a_row_leads_to_the_period_of_its_resource(open_page: Open, report: Path) -> None:
    """The link in its evidence goes to the panel, whose picture has a text and is as wide as the screen."""
    page = open_page(report, width=390)
    page.select_option("#f-control", "BKP-ISO-001")
    page.locator(".open", has_text="ebs-12").press("Enter")
    page.get_by_role("link", name="The period of this resource").press("Enter")
    panel = page.locator(f".panel{page.evaluate('location.hash')}")
    box = panel.get_by_role("img", name="30 backups were due: 30 made in time").bounding_box()
    assert panel.get_by_role("heading").inner_text() == "ebs-12 EBS"
    assert box is not None
    assert 300 < box["width"] < 390


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", 1280),
        *(
            pytest.param(*case, marks=pytest.mark.long)
            for case in [("light", 400), ("dark", 1280), ("dark", 400)]
        ),
    ],
)
def test_axe_finds_no_serious_fault(
    open_page: Open, report: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    """No serious or critical fault with a row of findings open, light and dark, wide and narrow."""
    page = open_page(report, scheme=scheme, width=width)
    page.locator(".open").first.click()
    result: dict[str, Any] = Axe().run(page).response
    found = [
        (fault["id"], [node["html"][:200] for node in fault["nodes"]][:3])
        for fault in result["violations"]
        if fault["impact"] in ("serious", "critical")
    ]
    assert found == []
