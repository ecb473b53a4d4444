// Does what magics ask for, but for what the compiler has to do.
#pragma once

#include <string>

namespace commands {

// Run a command of the shell; what it prints is shown in order. Returns its exit code.
int run(const std::string &command);

// Write a file, or append to it. Throws std::runtime_error.
void write_file(const std::string &path, const std::string &content, bool appends);

} // namespace commands
