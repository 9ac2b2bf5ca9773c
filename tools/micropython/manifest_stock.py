# What build/micropython-stock has frozen in: MicroPython's own unix manifest, as far as it's
# available. Debian's source has no ssl.py (it's micropython-lib's); stock/ssl.py then has the same
# functions over MicroPython's own `tls`, so that both programs can run the same scripts.

include("$(MPY_DIR)/extmod/asyncio")

for name in ("mip-cmdline", "mip"):
    try:
        require(name)
        break
    except ValueError:
        pass

try:
    require("ssl")
except ValueError:
    module("ssl.py", base_path="stock", opt=3)
