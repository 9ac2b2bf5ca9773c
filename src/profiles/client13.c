// The smallest profile: a TLS 1.3 client.
//
// In: nothing. Out: the list of protocol scripts that a program holds when it names this profile in
// its configuration. What is not listed is not referred to by anything, so the linker leaves it out
// (-ffunction-sections, --gc-sections): this one brings no server code. Which algorithms a program
// holds is the provider's list, not this one.
#include "hs/hs.h"

const skr_profile_t skr_profile_client13 = {.client13 = &hs_script_client13};
