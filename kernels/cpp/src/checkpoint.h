// The copy of the interpreter that waits while a cell runs, to take its place where the cell kills
// it.
#pragma once

#include <string>

namespace checkpoint {

// Leave a copy of this process behind that waits for its death. Returns, in this process, nothing;
// in the copy, once the original has died, what it died of as "ename\nevalue".
std::string leave();

// Take the copy away again. Does nothing where there is none.
void drop();

// What ends a message about a cell that was undone.
std::string what_was_kept();

// --- for the supervisor ---

// Before anything is forked. False where it fails.
bool open_wake();

// In the interpreter: the supervisor alone holds that end, so that its death is seen by the copy.
void close_wake();

// Have the copy go on. Shape: "ename\nevalue".
bool wake(const std::string &reason);

} // namespace checkpoint
