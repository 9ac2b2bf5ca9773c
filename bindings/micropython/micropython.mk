# Skerry's `tls` module for the MicroPython ports that build with make (unix, qemu, stm32, ...):
#
#     make -C ports/unix USER_C_MODULES=/path/to/skerry/bindings ...
#
# Variables, all optional:
#   SKERRY_BUILD         directory of libskerry.a (and libskerry-bearssl.a), built for this target;
#                        default: build/ of Skerry's tree
#   SKERRY_PROVIDER      whose cryptography: openssl or bearssl; the module finds it as the macro
#                        MICROPY_SKERRY_PROVIDER, skr_provider_openssl or skr_provider_bearssl
#   SKERRY_SOURCES=1     no libraries: compile Skerry's own sources with the port's compiler and
#                        flags instead. Then the provider is bearssl by default, else openssl
#   SKERRY_BEARSSL_DIR   with SKERRY_SOURCES=1, a BearSSL source tree to compile in; without it:
#                        -lbearssl
#   SKERRY_LIBS          the provider's library; default -lcrypto or -lbearssl
#   SKERRY_CFLAGS        more compiler flags, for Skerry's own files alone
#   SKERRY_ROOT          Skerry's tree, if this directory isn't in it
#
# A manifest freezes the other half of the module with
#     module("ssl.py", base_path="$(SKERRY_MODULE_DIR)", opt=3)

# Values are taken now (":="), since USERMOD_DIR is the next module's directory later.
ifeq ($(SKERRY_ROOT),)
SKERRY_ROOT := $(abspath $(USERMOD_DIR)/../..)
endif
SKERRY_BUILD ?= $(SKERRY_ROOT)/build
SKERRY_PROVIDER ?= $(if $(filter 1,$(SKERRY_SOURCES)),bearssl,openssl)
MICROPY_MANIFEST_SKERRY_MODULE_DIR := $(abspath $(USERMOD_DIR))

# py.mk names an object after its source's path below USER_C_MODULES: that would be
# $(BUILD)/micropython/*.o. In the unix port $(BUILD)/micropython is the program. "/./abs/path"
# isn't below USER_C_MODULES as far as make can tell, so the objects go to $(BUILD)/./abs/path. The
# same holds for src/ and crypto/, where a path with ".." would leave $(BUILD).
SKERRY_MODULE := /.$(abspath $(USERMOD_DIR))
SKERRY_TREE := /.$(SKERRY_ROOT)

# Scanned for MP_QSTR_... and MP_REGISTER_MODULE. Only a changed .c is scanned anew, so a changed
# header scans all.
SKERRY_MODULE_C := $(wildcard $(SKERRY_MODULE)/*.c)
SRC_USERMOD_C += $(SKERRY_MODULE_C)
QSTR_GLOBAL_DEPENDENCIES += $(wildcard $(SKERRY_MODULE)/*.h $(SKERRY_MODULE)/*/*.h)
CFLAGS_USERMOD += -I$(SKERRY_ROOT)/include -DMICROPY_SKERRY_PROVIDER=skr_provider_$(SKERRY_PROVIDER)
$(BUILD)/$(SKERRY_MODULE)/%.o: CFLAGS += $(SKERRY_CFLAGS)

ifeq ($(SKERRY_SOURCES),1)

# Not scanned for qstrs. The flags are for these objects alone: "-Isrc" has no business in
# MicroPython's own files, and ports say -std=gnu99 where Skerry is C11.
SRC_USERMOD_LIB_C += $(wildcard $(SKERRY_TREE)/src/*/*.c)
SRC_USERMOD_LIB_C += $(wildcard $(SKERRY_TREE)/crypto/$(SKERRY_PROVIDER)/*.c)
SKERRY_OWN_CFLAGS = -std=gnu11 -I$(SKERRY_ROOT)/src $(SKERRY_CFLAGS)
$(BUILD)/$(SKERRY_TREE)/src/%.o: CFLAGS += $(SKERRY_OWN_CFLAGS)
$(BUILD)/$(SKERRY_TREE)/crypto/%.o: CFLAGS += $(SKERRY_OWN_CFLAGS)

ifneq ($(SKERRY_BEARSSL_DIR),)
SKERRY_LIBS ?=
SKERRY_BEARSSL := /.$(abspath $(SKERRY_BEARSSL_DIR))
SRC_USERMOD_LIB_C += $(wildcard $(SKERRY_BEARSSL)/src/*.c) $(wildcard $(SKERRY_BEARSSL)/src/*/*.c)
SKERRY_OWN_CFLAGS += -I$(SKERRY_BEARSSL)/inc
# Somebody else's code doesn't know the port's warnings.
$(BUILD)/$(SKERRY_BEARSSL)/%.o: CFLAGS += -w -I$(SKERRY_BEARSSL)/inc -I$(SKERRY_BEARSSL)/src
endif

else

# --whole-archive because some ports (qemu) name the flags before the objects on the link line,
# where a plain library is asked while nothing is missing yet. --gc-sections, which every port uses,
# drops what isn't called.
SKERRY_A := $(SKERRY_BUILD)/libskerry.a
ifeq ($(SKERRY_PROVIDER),bearssl)
SKERRY_A += $(SKERRY_BUILD)/libskerry-bearssl.a
endif
LDFLAGS_USERMOD += -Wl,--whole-archive $(SKERRY_A) -Wl,--no-whole-archive

# The program depends on objects only. A new library makes the module's objects old, and so it's
# linked anew.
$(patsubst %.c,$(BUILD)/%.o,$(SKERRY_MODULE_C)): $(SKERRY_A)

endif

SKERRY_LIBS ?= $(if $(filter bearssl,$(SKERRY_PROVIDER)),-lbearssl,-lcrypto)
LDFLAGS_USERMOD += $(SKERRY_LIBS)
