// All that touches secrets in a time that must not depend on them: compare, select, wipe.
#ifndef SKR_BASE_CT_H
#define SKR_BASE_CT_H

#include "skerry/types.h"

// Are the size bytes the same? Looks at all of them always.
bool ct_equal(const void *a, const void *b, size_t size);
// Are all size bytes zero? Looks at all of them always.
bool ct_is_zero(const void *data, size_t size);
// Overwrites with zeros, and no compiler may leave it out. data may be NULL when size is 0.
void ct_wipe(void *data, size_t size);

#endif
