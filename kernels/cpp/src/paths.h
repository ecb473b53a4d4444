// Where files are: paths as a shell would take them, and shared libraries by their names. Loads
// nothing.
#pragma once

#include <string>
#include <vector>

namespace paths {

// `~/include` is in the home directory.
std::string expanded(const std::string &path);

// What may be the library of that name, the likeliest first: "z" is libz.so, libz.so.1 in one of
// the directories, or what ldconfig(8) knows.
std::vector<std::string> of_library(const std::string &name,
                                    const std::vector<std::string> &directories);

} // namespace paths
