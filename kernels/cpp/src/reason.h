// Why an interpreter has died: written down by itself just before, or told by how it ended.
#pragma once

#include <string>
#include <string_view>

// Async-signal-safe; the first reason stays, because what follows it is its consequence.
void give_reason(std::string_view name, std::string_view value = {}) noexcept;

// Return why a process ended that had this wait status, and forget what it had written down.
// Shape: "ename\nevalue".
std::string take_reason(int wait_status);
