// The full profile: every protocol script, both roles.
//
// In: nothing. Out: the list of protocol scripts that a program holds when it names this profile in
// its configuration. What is not listed is not referred to by anything, so the linker leaves it out
// (-ffunction-sections, --gc-sections): this one brings everything. Which algorithms a program
// holds is the provider's list, not this one.
#include "hs/hs.h"
#include "record/record.h"

const skr_profile_t skr_profile_full = {
    .client13 = &hs_script_client13,
    .server13 = &hs_script_server13,
    .client12 = &hs_script_client12,
    .server12 = &hs_script_server12,
    .record12 = record12_protection,
};
