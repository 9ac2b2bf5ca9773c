# What every target of our own has in common.  Folders may be empty: a library without a source gets
# an empty one, so that its name exists from the first day on.

set(skerry_warnings -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
    -Wwrite-strings)

if(top)
    # -DNDEBUG would silence assert() in tests and tools; nothing in src/ uses it.
    set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g")
endif()
if(SKERRY_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()

if(NOT EXISTS ${PROJECT_BINARY_DIR}/empty.c)
    file(WRITE ${PROJECT_BINARY_DIR}/empty.c "extern int skerry_empty;\n")
endif()

# skerry_own(TARGET): C11, our warnings, one section per function and object, the public headers.
function(skerry_own target)
    set_target_properties(${target} PROPERTIES C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
    target_compile_options(${target} PRIVATE ${skerry_warnings} -ffunction-sections -fdata-sections
        $<$<BOOL:${SKERRY_WERROR}>:-Werror>)
    target_include_directories(${target} PUBLIC
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

# skerry_sources(OUT DIR...): the C files of each folder and of the folders in it; src/ is one deep.
function(skerry_sources out)
    set(all)
    foreach(dir ${ARGN})
        file(GLOB found CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${dir}/*.c ${PROJECT_SOURCE_DIR}/${dir}/*/*.c)
        list(APPEND all ${found})
    endforeach()
    if(NOT all)
        set(all ${PROJECT_BINARY_DIR}/empty.c)
    endif()
    set(${out} ${all} PARENT_SCOPE)
endfunction()

function(skerry_library target)
    skerry_sources(sources ${ARGN})
    add_library(${target} STATIC ${sources})
    skerry_own(${target})
    if(target STREQUAL skerry)
        add_library(skerry::skerry ALIAS skerry)
    endif()
endfunction()

function(skerry_objects target)
    skerry_sources(sources ${ARGN})
    add_library(${target} OBJECT ${sources})
    skerry_own(${target})
endfunction()
