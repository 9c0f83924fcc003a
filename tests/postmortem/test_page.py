# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTML page: complete, harmless whatever the image holds, and usable in a real browser (which has to be installed)."""
import copy
import html.parser
import os
import re
import shutil
import tempfile
import unittest

import sample
from postmortem import graph, page
from postmortem.markup import element

# A name that gets out wherever somebody forgot to escape: of text, of an attribute, of a script, of a style, of a comment.
HOSTILE = "<script>window.harm = 1</script><img src='http://127.0.0.1:9/x' onerror='window.harm = 2'>\"'><svg onload=window.harm=3></style></title>--&gt;]]>"
OUTPUT = os.environ.get("POSTMORTEM_SHOTS")


def spoil(value):
    """Every string in a record is hostile. Keys that somebody counts with are of nbd.so, not of the image."""
    if isinstance(value, dict):
        return {key: inner if key in ("severity", "status", "type", "name") else spoil(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [spoil(inner) for inner in value]
    return value + HOSTILE if isinstance(value, str) else value


def hostile_record():
    device = sample.device()
    device["diagnosis"] = sample.DIAGNOSIS
    device = spoil(device)
    for conn in device["connections"]:
        conn["peer"]["status"] += HOSTILE
    record = sample.record("/crash/" + HOSTILE, [device], host="host" + HOSTILE, release=HOSTILE, log=[HOSTILE], message=HOSTILE, remedy=HOSTILE)
    label = quoted(HOSTILE)
    record["dots"]["nbd7"] = 'digraph nbd { a [label="%s", URL="javascript:window.harm=4", tooltip="%s"]; a -> b [label="%s"]; }' % (label, label, label)
    return record


def quoted(label):
    return label.replace("\\", "\\\\").replace('"', '\\"')


class Tags(html.parser.HTMLParser):
    """Elements, and their attributes."""

    def __init__(self, text):
        super().__init__()
        self.seen, self.names = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.names += [name for name, _ in attrs]


def render(*records):
    return page.page(list(records), graph.Drawer().draw)


class Page(unittest.TestCase):
    def test_hostile_names_add_nothing(self):
        spoilt, plain = Tags(render(hostile_record())), Tags(render(hostile_record_without_harm()))
        self.assertEqual(spoilt.seen.count("script"), 1)
        self.assertNotIn("img", spoilt.seen)
        self.assertFalse([name for name in spoilt.names if name.startswith("on")])
        self.assertEqual(spoilt.seen, plain.seen)
        self.assertEqual(spoilt.names, plain.names)

    def test_a_graph_is_shapes_and_text(self):
        svg = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="10pt" height="20pt" onload="x()">
            <script>x()</script><style>@import "http://127.0.0.1/"</style><image xlink:href="http://127.0.0.1/"/><foreignObject><b/></foreignObject>
            <g class="node" onclick="x()" style="fill:url(http://127.0.0.1/)"><a xlink:href="javascript:x()"><text x="1">&lt;b&gt;</text></a></g></svg>"""
        clean = graph.clean(svg, 'a "label"')
        self.assertEqual(Tags(clean).seen, ["svg", "g", "text"])
        for word in ("x()", "127.0.0.1", "href", "style", "<b>"):
            self.assertNotIn(word, clean)
        self.assertIn("&lt;b&gt;", clean)

    def test_what_is_unknown_is_no_error(self):
        device = sample.device(findings=[])
        for key, value in device.items():
            if key not in ("name", "index", "type", "findings", "openers_expected"):
                with self.subTest(key=key):
                    self.assertIn("nbd7", render(sample.record(devices=[dict(device, **{key: None})])))
        for row in ({"host": None}, {"crash_time": None}, {"release": None}, {"machine": None}):
            self.assertIn("nbd7", render(sample.record(**row)))

    def test_every_status_has_its_place(self):
        failed = sample.record("/crash/two", [], status="debuginfo missing", exit_status=4, message="no vmlinux", remedy="install kernel-debuginfo-1", devices_with_errors=0)
        text = render(sample.record(), failed)
        for words in ("2 vmcores", "install kernel-debuginfo-1", "debuginfo missing: no vmlinux", "href=\"#vmcore-2\"", "1 device, 0 not well, 1 with errors"):
            self.assertIn(words, text)

    def test_an_attach_that_hangs_is_shown(self):
        device = sample.device(findings=[])
        self.assertNotIn("would hang", render(sample.record(devices=[device])).split("<main>")[1].replace("that would hang an attach", ""))
        device["attach"]["netlink"] = {"result": "hangs", "why": "actor (160) holds genl_mutex"}
        self.assertIn("An attach would hang: </strong>actor (160) holds genl_mutex", render(sample.record(devices=[device])))

    def test_a_diagnosis_is_shown(self):
        device = sample.device()
        self.assertNotIn("Diagnosis", render(sample.record(devices=[device])))
        text = render(sample.record(devices=[dict(device, diagnosis=sample.DIAGNOSIS)]))
        for words in ("Diagnosis", "the server is gone", "reads never return", "<li><strong>kill -CONT 234", "<li>only where that did not help: <strong>nbd-client -d /dev/nbd7", "<strong>stuck: </strong>the server is gone", "costs: what was not written", "frees: the device"):
            self.assertIn(words, text)

    def test_what_waits_and_what_stands_above_is_shown(self):
        text = render(sample.record())
        for words in ("1 request not started", "<td>dispatch</td><td>WRITE</td>", "kworker (7) D", "writer (7) D", "1 device stacked on it", "<td>vg-data</td><td>nbd7</td>",
                      "<li>dm-0 (vg-data) goes: <code>dmsetup remove vg-data</code></li><li>opener (7) fd 3 is closed</li>", "1 task in D behind them", "mutex of /srv",
                      "holder (7) D", "<td>NBD_CLEAR_SOCK</td><td>ok</td><td>no request is in flight</td>"):
            self.assertIn(words, text)

    def test_what_comes_after_a_hang_is_shown(self):
        device = sample.device()
        device["ways_out"]["disconnect"] = {"result": "hangs", "why": "a holds genl_mutex", "later": {"result": "hangs", "why": "b holds config_lock", "later": None}}
        self.assertIn("<td>a holds genl_mutex; once it lets go: hangs, b holds config_lock</td>", render(sample.record(devices=[device])))

    def test_a_file_that_two_share_is_one_opener(self):
        device = sample.device()
        device["openers"] *= 2
        self.assertIn("openers: 1 found, 1 by the kernel&#x27;s own count", render(sample.record(devices=[device])))

    def test_no_timeout_is_not_one_of_0_seconds(self):
        self.assertIn("<dd>none; dead connections are waited for: none</dd>", render(sample.record()))
        device = dict(sample.device(), timeout_seconds=30, dead_conn_timeout_seconds=None)
        self.assertIn("<dd>30 s; dead connections are waited for: ? s</dd>", render(sample.record(devices=[device])))

    def test_a_device_is_as_grave_as_its_diagnosis(self):
        for state, cause, kind, opened in (("stuck", "server-silent", "error", True), ("slow", "server-silent", "warning", False), ("idle", "none", "fine", False)):
            text = render(sample.record(devices=[dict(sample.device(findings=[]), diagnosis=dict(sample.DIAGNOSIS, state=state, cause_id=cause))]))
            words = state if cause != "none" else "healthy"
            self.assertIn('<span class="badge %s">%s</span>' % (kind, words), text.split("<main>")[1])
            self.assertEqual(len(re.findall('<details[^>]* open[^>]*><summary><h3>nbd7', text)), opened, state)

    def test_without_graphviz_there_is_a_page(self):
        drawer = graph.Drawer("no-such-program")
        self.assertIn("nbd7", page.page([sample.record()], drawer.draw))
        self.assertIn("install graphviz", drawer.problem)

    def test_elements_escape(self):
        self.assertEqual(element("p", "<b>", element("i", "&"), title='"'), '<p title="&quot;">&lt;b&gt;<i>&amp;</i></p>')


def hostile_record_without_harm():
    """The same elements, with names that do nothing."""
    def heal(value):
        if isinstance(value, dict):
            return {key: heal(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [heal(inner) for inner in value]
        return value.replace(HOSTILE, "harmless").replace(quoted(HOSTILE), "harmless") if isinstance(value, str) else value
    record = heal(copy.deepcopy(hostile_record()))
    return record


class InBrowser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        from browser import Browser
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)
        cls.directory = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.directory)

    def show(self, *records):
        self.browser.events.clear()
        path = os.path.join(self.directory, self.id() + ".html")
        with open(path, "w", encoding="utf-8") as file:
            file.write(render(*records))
        self.browser.open(path)
        return path

    def test_hostile_names_do_no_harm_and_nothing_is_asked_for(self):
        path = self.show(hostile_record())
        self.browser.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
        self.assertIsNone(self.browser.evaluate("window.harm"))
        self.assertEqual(self.browser.evaluate("document.scripts.length + document.images.length"), 1)
        self.assertEqual(self.browser.requests(), ["file://" + path])
        self.assertEqual(self.browser.complaints(), [])
        self.assertIn(HOSTILE, self.browser.evaluate("document.body.textContent"))

    def test_the_policy_stops_what_might_get_in(self):
        path = self.show(sample.record())
        self.browser.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=http://127.0.0.1:9/x onerror=harm=1><style>p{color:red}</style>')")
        self.browser.evaluate("{ const s = document.createElement('script'); s.textContent = 'window.harm = 1'; document.body.append(s) }")
        self.assertIsNone(self.browser.evaluate("window.harm"))
        self.assertEqual([url for url in self.browser.requests() if not url.startswith("http://127.0.0.1:9/")], ["file://" + path])
        self.assertTrue(any("Content Security Policy" in str(complaint) for complaint in self.browser.complaints()))

    def column(self, number):
        return self.browser.evaluate("Array.from(document.querySelectorAll('#vmcore-1-nbd7 table')).find(t => t.caption.textContent.startsWith('connections'))"
                                     ".tBodies[0].innerText && Array.from(Array.from(document.querySelectorAll('#vmcore-1-nbd7 table')).find(t => "
                                     "t.caption.textContent.startsWith('connections')).tBodies[0].rows, r => r.cells[%d].textContent)" % number)

    def test_keyboard_folds_and_sorts(self):
        self.show(sample.record(devices=[sample.device(connections=12)]))
        numbers = [str(number) for number in range(12)]
        # From the fold of the connections on with the Tab key alone: open it, go on to the first head, sort by it twice.
        self.browser.evaluate("Array.from(document.querySelectorAll('summary')).find(s => s.textContent === '12 connections').focus()")
        folded = "document.activeElement.parentElement.open"
        self.assertEqual(self.browser.evaluate(folded), False)
        self.browser.press("Enter", 13, "\r")
        self.assertEqual(self.browser.evaluate(folded), True)
        for _ in range(2):
            self.browser.press("Tab", 9)
        self.assertEqual(self.browser.evaluate("document.activeElement.textContent"), "Index")
        self.assertEqual(self.column(0), numbers)
        self.browser.press("Enter", 13, "\r")
        self.assertEqual(self.column(0), numbers)
        self.assertEqual(self.browser.evaluate("document.activeElement.parentElement.ariaSort"), "ascending")
        self.browser.press(" ", 32, " ")
        self.assertEqual(self.column(0), numbers[::-1])
        self.assertEqual(self.browser.evaluate("document.activeElement.parentElement.ariaSort"), "descending")

    def test_light_and_dark(self):
        self.show(sample.record(devices=[dict(sample.device(), diagnosis=sample.DIAGNOSIS), sample.device("nbd8", findings=[])]))
        grounds = []
        for name in ("light", "dark"):
            self.browser.scheme(name)
            ground, ink = (self.browser.evaluate("getComputedStyle(document.body).%s.match(/\\d+/g).map(Number)" % what) for what in ("backgroundColor", "color"))
            grounds.append(sum(ground))
            self.assertGreater(abs(sum(ground) - sum(ink)), 450, "too little contrast in " + name)
            edge = self.browser.evaluate("getComputedStyle(document.querySelector('.edge path')).stroke.match(/\\d+/g).map(Number)")
            self.assertEqual(edge, ink)
            if OUTPUT:
                self.browser.screenshot(os.path.join(OUTPUT, "page-%s.png" % name))
        self.assertGreater(grounds[0], 600)
        self.assertLess(grounds[1], 200)

    def test_paper_has_everything(self):
        self.show(sample.record(devices=[sample.device(findings=[])]))
        self.assertGreater(self.browser.evaluate("document.querySelectorAll('details:not([open])').length"), 0)
        self.browser.evaluate("addEventListener('beforeprint', () => window.left = document.querySelectorAll('details:not([open])').length)")
        self.browser.call("Page.printToPDF")
        self.assertEqual(self.browser.evaluate("window.left"), 0)
        self.assertGreater(self.browser.evaluate("document.querySelectorAll('details:not([open])').length"), 0)
