# What build/micropython has frozen in: what MicroPython's own unix manifest freezes, with Skerry's
# ssl.py in the place of micropython-lib's. SKERRY_MODULE_DIR is set by
# bindings/micropython/micropython.mk.

include("$(MPY_DIR)/extmod/asyncio")

# Debian's source has no mip-cmdline, but mip and requests; a checkout without submodules has none
# of them. (The call tells a missing package by ValueError, an error inside a found one by another
# class.)
for name in ("mip-cmdline", "mip"):
    try:
        require(name)
        break
    except ValueError:
        pass

module("ssl.py", base_path="$(SKERRY_MODULE_DIR)", opt=3)
