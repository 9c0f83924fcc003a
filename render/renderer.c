// SPDX-License-Identifier: GPL-2.0-or-later
#include "render/renderer.h"

void renderer_devices(const struct renderer *renderer, const struct rendering *r)
{
	if (renderer->begin)
		renderer->begin(r);
	for (size_t i = 0; i < r->n_devices; i++)
		renderer->device(r, r->devices[i]);
	if (renderer->end_of_devices)
		renderer->end_of_devices(r);
}

void renderer_files(const struct renderer *renderer, const struct rendering *r,
		    const struct query *query)
{
	const struct opened_file asked = {query->file, query->path};

	if (query->file)
		renderer->file(r, query, &asked);
	for (size_t i = 0; i < query->n_opened; i++)
		renderer->file(r, query, &query->opened[i]);
}
