// SPDX-License-Identifier: GPL-2.0-or-later
#include "image_tests.h"
TCase *damage_case(void)
{
	return tcase_create("damage");
}
