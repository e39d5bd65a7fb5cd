include(CMakePackageConfigHelpers)

install(TARGETS nngen EXPORT nngen ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS nngen_cli EXPORT nngen RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES runtime/include/nngen.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/nngen)
install(EXPORT nngen NAMESPACE nngen:: DESTINATION ${package} FILE nngen-targets.cmake)
configure_package_config_file(cmake/config.cmake.in ${PROJECT_BINARY_DIR}/nngen-config.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/nngen-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/nngen-config.cmake ${PROJECT_BINARY_DIR}/nngen-config-version.cmake
              cmake/generate.cmake DESTINATION ${package})

configure_file(cmake/nngen.pc.in ${PROJECT_BINARY_DIR}/nngen.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/nngen.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# Manual pages and completions are made by the nngen that is installed.
install(CODE "
  set(nngen \"$<TARGET_FILE:nngen_cli>\")
  set(mandir \"${CMAKE_INSTALL_MANDIR}/man1\")
  set(datadir \"${CMAKE_INSTALL_DATADIR}\")")
install(SCRIPT cmake/manual.cmake)
