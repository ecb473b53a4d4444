#include "commands.h"

#include "paths.h"
#include "streams.h"
#include "wire.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace commands {

int run(const std::string &command) {
    streams::flush();
    FILE *output = popen(("{ " + command + "\n} 2>&1").c_str(), "re");
    if (!output) {
        throw std::runtime_error(std::strerror(errno));
    }
    std::array<char, 4096> bytes;
    for (;;) {
        const ssize_t got = read(fileno(output), bytes.data(), bytes.size());
        if (got > 0) {
            wire::print(wire::Stream::output, {bytes.data(), static_cast<std::size_t>(got)});
        } else if (got == 0 || errno != EINTR) {
            break; // after an interrupt, the command, which had it too, ends by itself or goes on
        }
    }
    wire::print(wire::Stream::output, {}, /*is_all=*/true);
    const int status = pclose(output);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void write_file(const std::string &name, const std::string &content, bool appends) {
    const auto path = paths::expanded(name);
    struct stat before{};
    const bool exists = stat(path.c_str(), &before) == 0;
    FILE *file = std::fopen(path.c_str(), appends ? "ae" : "we");
    const bool is_written =
        file && std::fwrite(content.data(), 1, content.size(), file) == content.size();
    if (!file || (std::fclose(file) != 0) || !is_written) {
        throw std::runtime_error("cannot write " + path + ": " + std::strerror(errno));
    }
    std::printf("%s %s\n",
                !exists   ? "Writing"
                : appends ? "Appending to"
                          : "Overwriting",
                name.c_str());
}

} // namespace commands
