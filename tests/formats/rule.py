# SPDX-License-Identifier: GPL-2.0-or-later
"""What a filter may change of a report: what it has left out is unknown, and said to be so. All else is the same."""

# Of what was not read; where there is more of it, more was left out.
SAID = {"unreadable"}
COUNTS = {"reads", "bytes_read", "reads_for", "bytes_read_for"}


def differences(whole, filtered, place=""):
    """Where two JSON values differ otherwise than a filter may make them, as "PLACE: WHOLE, FILTERED"."""
    if isinstance(whole, dict) and isinstance(filtered, dict) and whole.keys() == filtered.keys():
        return [found for key in whole if key not in COUNTS
                for found in _member(key, whole[key], filtered[key], f"{place}.{key}")]
    if isinstance(whole, list) and isinstance(filtered, list) and len(whole) == len(filtered):
        return [found for i, (one, other) in enumerate(zip(whole, filtered)) for found in differences(one, other, f"{place}[{i}]")]
    if whole == filtered or filtered is None:
        return []
    return [f"{place}: {str(whole)[:80]}, {str(filtered)[:80]}"]


def _member(key, whole, filtered, place):
    if key not in SAID or filtered is None:
        return differences(whole, filtered, place)
    return [f"{place}: lacks {one}" for one in whole if one not in filtered]


def unknown(whole, filtered):
    """How many values the filter has made unknown."""
    if isinstance(whole, dict) and isinstance(filtered, dict):
        return sum(unknown(value, filtered.get(key)) for key, value in whole.items())
    if isinstance(whole, list) and isinstance(filtered, list):
        return sum(map(unknown, whole, filtered))
    return int(filtered is None and whole is not None)


def check():
    """The rule itself: it lets nothing else pass."""
    line = {"state": "live", "pids": [7, 8], "size": 0, "unreadable": ["one"], "reads": 5}
    allowed = [{}, {"state": None}, {"pids": [7, None]}, {"pids": None}, {"unreadable": ["one", "more"]}, {"reads": 4}]
    forbidden = [{"state": "dead"}, {"pids": [7]}, {"pids": [7, 9]}, {"size": 1}, {"unreadable": []}, {"more": 1}]
    assert all(not differences(line, {**line, **change}) for change in allowed)
    assert all(differences(line, {**line, **change}) for change in forbidden)
    assert differences({"size": None}, {"size": 0})
    assert [unknown(line, {**line, **change}) for change in allowed] == [0, 1, 1, 1, 0, 0]
