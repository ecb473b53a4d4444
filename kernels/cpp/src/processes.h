// The processes of the supervisor: how the interpreter starts, and how all that cells have started
// ends.
#pragma once

#include <functional>

namespace processes {

// Run `interpret` in a child, which ends with its parent, and note down its pid.
void start(const std::function<int()> &interpret);

// Everything that cells have started ends here too: as their subreaper we inherit the orphans.
void end_all();

// Endless recursion is to end before it has taken all memory, also where the stack is unlimited.
void bound_stack();

} // namespace processes
