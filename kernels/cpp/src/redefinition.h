// Names that are defined again: which ones, and how the old ones get out of the way.
#pragma once

#include "session.h"

#include <clang/AST/ASTContext.h>
#include <vector>

namespace redefinition {

struct Found {
    Location again;
    std::vector<Location> before; // definitions that would be in the way
};

// Make definitions invisible to what is compiled from here on. What is compiled keeps using them.
void hide(clang::ASTContext &context, const std::vector<Location> &definitions);

// Find what the newest cell defines under a name of an earlier cell where one of both has been
// moved to another namespace. The compiler does not complain of these, and yet the linker must not
// meet the first one again.
std::vector<Found> find(clang::ASTContext &context);

} // namespace redefinition
