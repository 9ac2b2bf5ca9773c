# Install rules: the libraries, the public headers, the tool, a CMake package and two pkg-config files.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/skerry)

set(installed skerry)
if(TARGET skerry_bearssl)
    list(APPEND installed skerry_bearssl)
endif()
install(TARGETS ${installed} EXPORT skerry_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET skerry_cli)
    install(TARGETS skerry_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/skerry DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
    FILES_MATCHING PATTERN "*.h" PATTERN "*.def")

install(EXPORT skerry_targets NAMESPACE skerry:: FILE skerry-targets.cmake DESTINATION ${package_dir})
configure_package_config_file(cmake/skerry-config.cmake.in ${PROJECT_BINARY_DIR}/skerry-config.cmake
    INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/skerry-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/skerry-config.cmake ${PROJECT_BINARY_DIR}/skerry-config-version.cmake
    cmake/FindBearSSL.cmake DESTINATION ${package_dir})

file(RELATIVE_PATH pc_to_include ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_FULL_INCLUDEDIR})
foreach(name skerry skerry-bearssl)
    configure_file(cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
    if(name STREQUAL skerry OR TARGET skerry_bearssl)
        install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
    endif()
endforeach()
