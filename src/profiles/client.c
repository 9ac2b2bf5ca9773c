// A profile with the client of TLS 1.3 and 1.2.
//
// In: nothing. Out: the list of protocol scripts that a program holds when it names this profile in
// its configuration. What is not listed is not referred to by anything, so the linker leaves it out
// (-ffunction-sections, --gc-sections): this one brings no server code. Which algorithms a program
// holds is the provider's list, not this one.
#include "hs/hs.h"
#include "record/record.h"

const skr_profile_t skr_profile_client = {
    .client13 = &hs_script_client13,
    .client12 = &hs_script_client12,
    .record12 = record12_protection,
};
