# SPDX-License-Identifier: GPL-2.0-or-later
"""Graphs in Graphviz's language drawn as SVG that may stand in a page: nothing in it but shapes and text."""
import subprocess
import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}"
ELEMENTS = ("svg", "g", "title", "text", "polygon", "polyline", "path", "ellipse")
ATTRIBUTES = ("viewBox", "class", "transform", "points", "fill", "stroke", "stroke-width", "stroke-dasharray", "d", "cx", "cy", "rx", "ry",
              "x", "y", "text-anchor", "font-family", "font-size")
TIME_LIMIT = 60  # seconds a graph


class Drawer:
    """Draws graphs; problem says in words what kept it from one, or is None."""

    def __init__(self, program="dot"):
        self.program = program
        self.problem = None

    def draw(self, dot, label):
        """The graph as an <svg> element with a label for who cannot see it, or None."""
        try:
            done = subprocess.run([self.program, "-Tsvg"], input=dot.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIME_LIMIT)
            if done.returncode == 0:
                return clean(done.stdout, label)
            self.problem = "dot: " + done.stderr.decode("utf-8", "backslashreplace").strip()
        except FileNotFoundError:
            self.problem = "dot is not there: install graphviz"
        except subprocess.TimeoutExpired:
            self.problem = "dot was not done after %d s" % TIME_LIMIT
        except ElementTree.ParseError as problem:
            self.problem = "dot: " + str(problem)
        return None


def clean(svg, label):
    """SVG (bytes) without anything that is not known to be harmless, to stand in HTML."""
    root = ElementTree.fromstring(svg)
    if root.tag != SVG + "svg":
        raise ElementTree.ParseError("no svg")
    kept = _copy(root)
    size = root.get("width", "").replace("pt", ""), root.get("height", "").replace("pt", "")
    if all(number.isdigit() for number in size):
        kept.set("width", size[0])
        kept.set("height", size[1])
    kept.set("role", "img")
    kept.set("aria-label", label)
    return ElementTree.tostring(kept, encoding="unicode")


def _copy(element):
    copy = ElementTree.Element(element.tag[len(SVG):], {key: value for key, value in element.attrib.items() if key in ATTRIBUTES})
    copy.text = element.text
    for child in element:
        # Comments and processing instructions have no string for a tag. A link's contents are kept without the link.
        if not isinstance(child.tag, str):
            continue
        if child.tag == SVG + "a":
            copy.extend(_copy(child))
        elif child.tag.startswith(SVG) and child.tag[len(SVG):] in ELEMENTS:
            copy.append(_copy(child))
    return copy
