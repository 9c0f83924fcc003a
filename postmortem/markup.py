# SPDX-License-Identifier: GPL-2.0-or-later
"""HTML made of elements: every text and attribute is escaped, for there is no other way to put one in."""
import html


class Markup(str):
    """HTML that is finished. A plain str is text, and is escaped where it is put in."""


def text(value):
    return value if isinstance(value, Markup) else Markup(html.escape(str(value)))


def join(parts):
    return Markup("".join(text(part) for part in parts if part is not None))


def element(name, *contents, **attributes):
    """<name attribute="...">contents</name>. class_ and for_ stand for the words of Python; True is an attribute without a
    value, False and None are none.
    """
    words = [name]
    for key, value in attributes.items():
        key = key.rstrip("_").replace("_", "-")
        if value is True:
            words.append(key)
        elif value is not None and value is not False:
            words.append('%s="%s"' % (key, text(value)))
    return Markup("<%s>%s</%s>" % (" ".join(words), join(contents), name))
