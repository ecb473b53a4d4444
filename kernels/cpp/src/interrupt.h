// Interrupts of running cells, as a C++ exception where that is sound. Where it is not, or nothing
// heeds it, the supervisor ends the process a second later and the checkpoint takes its place.
#pragma once

#include <llvm/Passes/PassBuilder.h>
#include <string_view>
#include <utility>
#include <vector>

namespace interrupt {

// What is thrown. No std::exception, so that a cell's own handlers do not take it for one of
// theirs.
struct Interrupted {};

// Tell whether the user wants the running cell to end. Async-signal-safe.
bool is_wanted();

// Before a cell: wait until the supervisor has heard the interrupts of the one before, which it
// would take for this one's.
void begin_cell();

// Make the calling thread the one that runs cells, and have SIGINT end its blocking calls.
void install();

// Throw Interrupted where it is wanted. For loops of this program that run a cell's code.
void check();

// Have every loop of a cell look for the interrupt once a turn, and every line tell that it is
// reached.
void instrument(llvm::PassBuilder &builder);

// Blocking functions of the C library that end on an interrupt. Shape: name, address; for cells
// only.
std::vector<std::pair<std::string_view, void *>> replacements();

} // namespace interrupt
