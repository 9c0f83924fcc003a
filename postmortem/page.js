// SPDX-License-Identifier: GPL-2.0-or-later
"use strict";

// A head sorts by its column; once more, the other way round. Numbers sort as numbers, unknown values come last.
function keyOf(row, column) {
	const cell = row.cells[column];
	const text = cell.dataset.key === undefined ? cell.textContent : cell.dataset.key;
	return text === "" || text === "?" ? null : text;
}

function compare(a, b) {
	const numbers = [Number(a), Number(b)];
	return numbers.some(Number.isNaN) ? a.localeCompare(b, "en", {numeric: true}) : numbers[0] - numbers[1];
}

function sort(head) {
	const table = head.closest("table");
	const descending = head.getAttribute("aria-sort") === "ascending";
	const column = head.cellIndex;
	for (const other of table.tHead.rows[0].cells)
		other.removeAttribute("aria-sort");
	head.setAttribute("aria-sort", descending ? "descending" : "ascending");
	const body = table.tBodies[0];
	const rows = Array.from(body.rows, (row) => ({row, key: keyOf(row, column)}));
	rows.sort((a, b) => {
		if (a.key === null || b.key === null)
			return (a.key === null) - (b.key === null);
		return descending ? compare(b.key, a.key) : compare(a.key, b.key);
	});
	body.append(...rows.map((entry) => entry.row));
}

for (const button of document.querySelectorAll(".sortable th button"))
	button.addEventListener("click", () => sort(button.closest("th")));

// A link to what is folded unfolds it.
function unfold() {
	const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
	if (target && target.tagName === "DETAILS")
		target.open = true;
}
addEventListener("hashchange", unfold);
unfold();

// Paper cannot be unfolded.
let folded = [];
addEventListener("beforeprint", () => {
	folded = Array.from(document.querySelectorAll("details:not([open])"));
	for (const details of folded)
		details.open = true;
});
addEventListener("afterprint", () => {
	for (const details of folded)
		details.open = false;
});
