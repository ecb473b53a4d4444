#include "paths.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <llvm/Support/FileSystem.h>
#include <sstream>

namespace paths {
namespace {

// `libz.so` and `libz.so.1` are library "z".
bool is_library(const std::string &file, const std::string &name) {
    const auto base = "lib" + name + ".so";
    return file == base || file.rfind(base + ".", 0) == 0;
}

std::vector<std::string> in_directory(const std::string &directory, const std::string &name) {
    std::vector<std::string> found;
    std::error_code error;
    for (std::filesystem::directory_iterator file(directory, error), end; file != end;
         file.increment(error)) {
        if (is_library(file->path().filename().string(), name)) {
            found.push_back(file->path().string());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<std::string> split(const std::string &list) {
    std::vector<std::string> parts;
    std::istringstream all(list);
    for (std::string part; std::getline(all, part, ':');) {
        if (!part.empty()) {
            parts.push_back(part);
        }
    }
    return parts;
}

// Of all that are installed. Shape of its lines: `libz.so.1 (libc6,x86-64) => /lib/…/libz.so.1`.
std::vector<std::string> known_to_loader(const std::string &name) {
    std::vector<std::string> found;
    FILE *list = popen("/sbin/ldconfig -p 2>/dev/null", "re");
    std::array<char, 4096> line;
    while (list && std::fgets(line.data(), line.size(), list)) {
        std::istringstream words(line.data());
        std::string file, last;
        words >> file;
        for (std::string word; words >> word;) {
            last = word;
        }
        if (is_library(file, name)) {
            found.push_back(last);
        }
    }
    if (list) {
        pclose(list);
    }
    return found;
}

} // namespace

std::string expanded(const std::string &path) {
    llvm::SmallString<128> result;
    llvm::sys::fs::expand_tilde(path, result);
    return result.str().str();
}

std::vector<std::string> of_library(const std::string &name,
                                    const std::vector<std::string> &directories) {
    if (name.find('/') != std::string::npos) {
        return {expanded(name)};
    }
    std::vector<std::string> found;
    auto everywhere = directories;
    const char *path = std::getenv("LD_LIBRARY_PATH");
    for (const auto &directory : split(path ? path : "")) {
        everywhere.push_back(directory);
    }
    for (const auto &directory : everywhere) {
        found.push_back(directory + "/" + name);
        for (auto &file : in_directory(directory, name)) {
            found.push_back(std::move(file));
        }
    }
    found.push_back("lib" + name + ".so");
    found.push_back(name);
    found.push_back(name + ".so");
    for (auto &file : known_to_loader(name)) {
        found.push_back(std::move(file));
    }
    return found;
}

} // namespace paths
