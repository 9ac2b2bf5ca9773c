# Skerry's `tls` module for the MicroPython ports that build with CMake (rp2, esp32):
#
#     make -C ports/rp2 BOARD=RPI_PICO_W \
#         USER_C_MODULES=/path/to/skerry/bindings/micropython/micropython.cmake \
#         CMAKE_ARGS="-DSKERRY_BEARSSL_DIR=/path/to/bearssl"
#
# Skerry's sources are compiled with the port's compiler. Variables:
#   SKERRY_BEARSSL_DIR   BearSSL's source tree, compiled in; needed unless SKERRY_PROVIDER says
#                        otherwise
#   SKERRY_PROVIDER      directory of crypto/ to compile; default bearssl
#   SKERRY_CFLAGS        compiler flags for Skerry's and BearSSL's files; default -Os, since an
#                        ESP-IDF gives its own flags to its components only
#   SKERRY_ROOT          Skerry's tree, if this directory isn't in it
#
# A manifest freezes the other half of the module with
#     module("ssl.py", base_path="$(SKERRY_MODULE_DIR)", opt=3)
#
# These ports have mbedTLS's `tls` too. Of two modules of one name MicroPython takes the one whose C
# symbol sorts last, and skerry_module_tls does (mp_module_tls is the other). Where the port allows
# it, MICROPY_PY_SSL=0 in the board's mpconfigboard.h (rp2) leaves mbedTLS's out.

if(NOT SKERRY_ROOT)
    get_filename_component(SKERRY_ROOT "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
endif()
if(NOT SKERRY_PROVIDER)
    set(SKERRY_PROVIDER bearssl)
endif()
if(NOT DEFINED SKERRY_CFLAGS)
    set(SKERRY_CFLAGS -Os)
endif()

set(MICROPY_MANIFEST_SKERRY_MODULE_DIR "${CMAKE_CURRENT_LIST_DIR}")

# MicroPython scans all sources of interface libraries for its names (qstrs). So only the module's
# files are the interface library's own; the rest are static libraries that it links, which the scan
# passes by. No generator expressions here: the scan doesn't know them.
file(GLOB SKERRY_MODULE_C CONFIGURE_DEPENDS "${CMAKE_CURRENT_LIST_DIR}/*.c")
add_library(usermod_skerry INTERFACE)
target_sources(usermod_skerry INTERFACE ${SKERRY_MODULE_C})
target_include_directories(usermod_skerry INTERFACE "${SKERRY_ROOT}/include")
target_compile_definitions(usermod_skerry
    INTERFACE MICROPY_SKERRY_PROVIDER=skr_provider_${SKERRY_PROVIDER})

file(GLOB SKERRY_ENGINE_C CONFIGURE_DEPENDS
    "${SKERRY_ROOT}/src/*/*.c" "${SKERRY_ROOT}/crypto/${SKERRY_PROVIDER}/*.c")
if(NOT SKERRY_ENGINE_C)
    message(FATAL_ERROR "No sources of Skerry in ${SKERRY_ROOT}; set SKERRY_ROOT.")
endif()
add_library(skerry_engine STATIC ${SKERRY_ENGINE_C})
set_target_properties(skerry_engine PROPERTIES C_STANDARD 11)
target_include_directories(skerry_engine PRIVATE "${SKERRY_ROOT}/include" "${SKERRY_ROOT}/src")
target_compile_options(skerry_engine PRIVATE ${SKERRY_CFLAGS} -ffunction-sections -fdata-sections)

if(SKERRY_PROVIDER STREQUAL "bearssl")
    if(NOT EXISTS "${SKERRY_BEARSSL_DIR}/inc/bearssl.h")
        message(FATAL_ERROR
            "Set SKERRY_BEARSSL_DIR to BearSSL's source tree (it's \"${SKERRY_BEARSSL_DIR}\").")
    endif()
    file(GLOB SKERRY_BEARSSL_C "${SKERRY_BEARSSL_DIR}/src/*.c" "${SKERRY_BEARSSL_DIR}/src/*/*.c")
    add_library(skerry_bearssl_lib STATIC ${SKERRY_BEARSSL_C})
    target_include_directories(skerry_bearssl_lib
        PUBLIC "${SKERRY_BEARSSL_DIR}/inc" PRIVATE "${SKERRY_BEARSSL_DIR}/src")
    target_compile_options(skerry_bearssl_lib
        PRIVATE ${SKERRY_CFLAGS} -ffunction-sections -fdata-sections -w)
    target_link_libraries(skerry_engine PRIVATE skerry_bearssl_lib)
endif()

target_link_libraries(usermod_skerry INTERFACE skerry_engine)
target_link_libraries(usermod INTERFACE usermod_skerry)
