// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The debuginfo of modules that `mod -s` has loaded: whether it belongs to this image, and where variables are that crash
 * itself does not find. Both by the addresses of a module's sections, which the kernel keeps for sysfs.
 */
#ifndef NBD_RESOLVE_MODULE_DEBUGINFO_H
#define NBD_RESOLVE_MODULE_DEBUGINFO_H

#include "base/num.h"

/* NULL, or a sentence that says that what is loaded for nbd is of another build than the nbd in the image, by the
 * build-ids of both. Where one of them is unknown, nothing is said. Static memory. */
const char *module_debuginfo_problem(void);

/* For symbols.c: the address of a module's variable by the module's debuginfo, where that is known to belong to the image.
 * For kernels without CONFIG_KALLSYMS_ALL, where crash does not know where a module's data is. Unknown for all other
 * names than those that nbd.so asks for. */
num module_debuginfo_variable(const char *name);

/* For layout.c: which file was loaded is looked at again. */
void module_debuginfo_forget(void);

#endif
