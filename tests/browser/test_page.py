#!/usr/bin/env python3
"""Uses the committed HTML pages in a real browser.

Needs Chromium and its driver (Debian: chromium, chromium-driver) and nothing else. Screenshots go to the folder that the
first argument names, or to none.
"""

import pathlib
import sys
import unittest

from webdriver import ENTER, ESCAPE, TAB, Browser

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference"
PICTURES = None

WIDE, PHONE = (1440, 900), (390, 844)

SHOWN = "return Array.from(document.querySelectorAll('tbody tr:not([hidden])'), row => row.id)"
COLUMN = """
    const [table, column] = arguments;
    const rows = document.querySelector(`section[aria-labelledby='${table}'] tbody`).rows;
    return Array.from(rows, row => row.cells[column].textContent);
"""
# The position of a row, and the element at its upper left corner: the row itself, unless something hides it.
PLACE = """
    const row = document.getElementById(arguments[0]);
    const box = row.cells[0].getBoundingClientRect();
    const top = document.elementFromPoint(box.left + 15, box.top + 5);
    return {
        is_target: row.matches(':target'),
        is_visible: box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && row.contains(top),
        filter: document.getElementById('_filter').value,
    };
"""
# The contrast of every text with its background, if it is below WCAG level AA.
FAINT = """
    const parse = color => (color.match(/[\\d.]+/g) || []).map(Number);
    const light = color => {
        const [r, g, b] = parse(color).map(value => {
            const part = value / 255;
            return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = element => {
        for (; element; element = element.parentElement) {
            const color = getComputedStyle(element).backgroundColor;
            const alpha = parse(color)[3];
            if (alpha === undefined || alpha === 1) return color;
        }
        return 'rgb(255, 255, 255)';
    };
    const faint = new Set();
    for (const element of document.querySelectorAll('body *')) {
        const has_text = Array.from(element.childNodes).some(node => node.nodeType === 3 && node.data.trim());
        if (!has_text || element.closest('[hidden]') || ['SCRIPT', 'STYLE'].includes(element.tagName)) continue;
        const front = getComputedStyle(element).color;
        const [one, other] = [light(front), light(behind(element))].sort((a, b) => b - a);
        if ((one + 0.05) / (other + 0.05) < 4.5) faint.add(`${element.tagName} ${front} on ${behind(element)}`);
    }
    return Array.from(faint);
"""


class BrowserTest(unittest.TestCase):
    PAGE = None

    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.browser.show(*WIDE)
        self.browser.open("about:blank")
        self.browser.open(self.PAGE)

    def tearDown(self):
        self.assertEqual(self.browser.console(), [], "the console has to stay empty")

    def picture(self, name):
        if PICTURES:
            self.browser.picture(PICTURES / f"{name}.png")

    def focused(self):
        return self.browser.run("return document.activeElement.textContent")

    def filter_for(self, text):
        self.browser.run("document.getElementById('_filter').focus()")
        self.browser.press(text)

    def check_light_dark_and_phone(self, prefix, table):
        for is_phone, (width, height) in ((False, WIDE), (True, PHONE)):
            for is_dark in (False, True):
                self.browser.show(width, height, is_phone=is_phone, is_dark=is_dark)
                self.browser.open("about:blank")
                self.browser.open(self.PAGE)
                name = f"{prefix}{'phone' if is_phone else 'wide'}-{'dark' if is_dark else 'light'}"
                with self.subTest(name):
                    back = self.browser.run("return getComputedStyle(document.body).backgroundColor")
                    self.assertEqual(back == "rgb(255, 255, 255)", not is_dark)
                    self.assertEqual(self.browser.run(FAINT), [])
                    self.picture(name)
                    if is_phone:
                        needed = self.browser.run("return document.documentElement.scrollWidth")
                        self.assertLessEqual(needed, width, "nothing sticks out sideways")
                        self.browser.run("document.getElementById(arguments[0]).scrollIntoView()", table)
                        self.picture(f"{name}-table")


class PageTest(BrowserTest):
    PAGE = (DOCS / "mobiletargeting.html").as_uri()

    def test_filter_narrows_and_escape_takes_it_back(self):
        everything = self.browser.run(SHOWN)
        count = "return document.getElementById('_count').textContent"
        self.assertGreater(len(everything), 250)
        self.assertEqual(self.browser.run(count), f"{len(everything)} rows")

        # The guide contains this view as docs/reference/mobiletargeting.png.
        self.browser.show(1600, 760)
        self.filter_for("segment TAG")
        shown = self.browser.run(SHOWN)
        self.assertIn("mobiletargeting-operations.CreateSegment", shown)
        self.assertIn("mobiletargeting-actions.TagResource", shown)
        self.assertNotIn("mobiletargeting-actions.DeleteSegment", shown)
        self.assertNotIn("mobiletargeting-actions.GetApp", shown)
        self.assertEqual(self.browser.run(count), f"{len(shown)} of {len(everything)} rows")
        self.picture("filter")

        self.browser.press("zzz")
        self.assertEqual(self.browser.run(SHOWN), [])
        visible = "return Array.from(document.querySelectorAll('#_none, section'), part => !part.hidden)"
        # Only the remark is visible, and none of the tables.
        self.assertEqual(self.browser.run(visible), [True] + [False] * 6)

        self.browser.press(ESCAPE)
        self.assertEqual(self.browser.run(SHOWN), everything)

    def test_link_lands_on_its_row(self):
        row = "mobiletargeting-actions.GetJourneyExecutionMetrics"
        landed = {"is_target": True, "is_visible": True, "filter": ""}
        self.browser.open(f"{self.PAGE}#{row}")
        self.assertEqual(self.browser.run(PLACE, row), landed)
        self.picture("link")

        # A row that the filter hides, and a row far to the left of the visible part.
        row = "mobiletargeting-resource-types.segment"
        self.filter_for("GetApp ")
        self.browser.run("scrollTo(900, 200); location.hash = arguments[0]", row)
        self.assertEqual(self.browser.run(PLACE, row), landed)

        # Every row header is a link to its own row.
        self.browser.run("document.querySelector('tbody th a').focus()")
        self.browser.press([ENTER])
        row = self.browser.run(SHOWN)[0]
        self.assertEqual(self.browser.run(PLACE, row), landed)

        self.browser.show(*PHONE, is_phone=True)
        self.browser.open("about:blank")
        row = "mobiletargeting-actions.SendMessages"
        self.browser.open(f"{self.PAGE}#{row}")
        self.assertEqual(self.browser.run(PLACE, row), landed)
        self.picture("link-phone")

    def test_sorting_by_keyboard(self):
        table = "mobiletargeting-operations"
        original = self.browser.run(COLUMN, table, 0)
        sorted_by = """
            const headers = document.querySelectorAll(`section[aria-labelledby='${arguments[0]}'] thead th`);
            return Array.from(headers, header => header.getAttribute('aria-sort'));
        """
        self.assertEqual(set(self.browser.run(sorted_by, table)), {"none"})
        self.browser.run("document.getElementById('_filter').focus()")
        # To the heading of the table, which is a link, and then to its columns.
        self.browser.press([TAB, TAB])
        self.assertEqual(self.focused(), "Operation")
        self.browser.press([TAB])
        self.assertEqual(self.focused(), "Method and path")

        self.browser.press([ENTER])
        paths = self.browser.run(COLUMN, table, 1)
        self.assertTrue(paths[0].startswith("DELETE /v1/apps/{application-id}"), paths[0])
        self.assertEqual(paths[-1].split()[0], "PUT")
        self.assertEqual(self.browser.run(sorted_by, table)[:3], ["none", "ascending", "none"])
        self.assertEqual(self.focused(), "Method and path")
        self.picture("sorted")

        self.browser.press([" "])
        self.assertEqual(self.browser.run(COLUMN, table, 1)[0].split()[0], "PUT")
        self.assertEqual(self.browser.run(sorted_by, table)[:3], ["none", "descending", "none"])

        self.browser.press([ENTER])
        self.assertEqual(self.browser.run(COLUMN, table, 0), original)
        self.assertEqual(set(self.browser.run(sorted_by, table)), {"none"})

    def test_numbers_sort_as_numbers_and_what_is_empty_comes_last(self):
        table = "mobiletargeting-operations"
        click = """
            const [table, column] = arguments;
            document.querySelectorAll(`section[aria-labelledby='${table}'] thead button`)[column].click();
        """
        self.browser.run(click, table, 4)
        dependent_actions = self.browser.run(COLUMN, table, 4)
        self.browser.run(click, table, 4)
        for found in (dependent_actions, self.browser.run(COLUMN, table, 4)):
            first_empty = found.index("")
            self.assertGreater(first_empty, 0)
            self.assertEqual(set(found[first_empty:]), {""})

    def test_nothing_is_fetched(self):
        fetched = "return performance.getEntriesByType('resource').map(entry => entry.name)"
        self.assertEqual(self.browser.run(fetched), [])

    def test_light_dark_and_phone(self):
        self.check_light_dark_and_phone("", "mobiletargeting-actions")

    def test_programs_that_read_aloud_find_their_way(self):
        for size, is_phone in ((WIDE, False), (PHONE, True)):
            self.browser.show(*size, is_phone=is_phone)
            nodes = self.browser.protocol("Accessibility.getFullAXTree")["nodes"]
            found = {}
            for node in nodes:
                if not node["ignored"]:
                    names = found.setdefault(node["role"]["value"], [])
                    names.append(node.get("name", {}).get("value", ""))
            self.assertEqual(len(found["table"]), 6)
            self.assertIn("Actions 123", found["table"])
            self.assertIn("mobiletargeting:GetCampaign", found["rowheader"])
            self.assertIn("Access level", found["columnheader"])
            self.assertGreater(len(found["cell"]), 1000)
            self.assertEqual(found["searchbox"], ["Filter"])
            self.assertIn("Tables", found["navigation"])
            self.assertIn("main", found)


class RoutesTest(BrowserTest):
    """Tests of the example's page: its routes, and who can do what."""

    PAGE = (DOCS / "campaigns" / "campaigns.html").as_uri()

    def test_filter_finds_what_is_not_decided(self):
        self.filter_for("depends on")
        shown = self.browser.run(SHOWN)
        self.assertEqual(len(shown), 1, shown)
        self.assertTrue(shown[0].startswith("access.GET-"), shown[0])
        self.picture("routes-filter")

    def test_link_lands_on_its_row(self):
        row = "access.DELETE-/v1/apps/-application-id"
        self.browser.open(f"{self.PAGE}#{row}")
        landed = {"is_target": True, "is_visible": True, "filter": ""}
        self.assertEqual(self.browser.run(PLACE, row), landed)
        self.picture("routes-link")

    def test_sorting_by_what_a_principal_can_do(self):
        click = """
            const headers = document.querySelectorAll("section[aria-labelledby='access'] thead button");
            headers[3].click();
        """
        self.browser.run(click)
        found = self.browser.run(COLUMN, "access", 3)
        self.assertEqual(found, sorted(found))
        self.assertEqual(set(found), {"allowed", "implicit deny"})

    def test_light_dark_and_phone(self):
        self.check_light_dark_and_phone("routes-", "access")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        PICTURES = pathlib.Path(sys.argv.pop(1))
        PICTURES.mkdir(parents=True, exist_ok=True)
    unittest.main()
