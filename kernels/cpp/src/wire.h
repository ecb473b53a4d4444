// What travels between the front (kernels/front) and this program: JSON, a line a message. Owns the
// format, and nothing of what it carries.
//
// Several processes and threads write: the interpreter, what its cells fork, its checkpoint, the
// supervisor. One pipe, so the order of everything in it is the order of events; one lock, so no
// line is torn by another. Who dies in the middle of a line leaves a torn one, and the next writer
// ends it.
#pragma once

#include <cstddef>
#include <llvm/Support/JSON.h>
#include <optional>
#include <string>
#include <string_view>

namespace wire {

constexpr int requests = 3;
constexpr int messages = 4;

enum class Stream { output, error };

// Before anything is forked, once `shared` exists.
void make_lock();

// In a copy of the process: what others have begun to write is theirs.
void forget_partial_characters() noexcept;

// Write text that a cell prints. Async-signal-safe. What is no UTF-8 becomes U+FFFD; of a character
// that is cut off, the rest is expected with the next call, unless `is_all`.
void print(Stream stream, std::string_view bytes, bool is_all = false) noexcept;

void send(const llvm::json::Object &message) noexcept;

// Read the next request. Nothing at the end of the stream, and where `give_up` answers true after a
// signal.
std::optional<llvm::json::Object> receive(bool (*give_up)() = nullptr);

} // namespace wire
