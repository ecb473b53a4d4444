#include "display.h"

namespace display {
namespace {

llvm::json::Object *shown = new llvm::json::Object;

}

void add(const char *type, std::size_t type_size, const char *text, std::size_t text_size) {
    (*shown)[llvm::json::fixUTF8({type, type_size})] = llvm::json::fixUTF8({text, text_size});
}

llvm::json::Object take() {
    auto taken = std::move(*shown);
    shown->clear();
    return taken;
}

} // namespace display
