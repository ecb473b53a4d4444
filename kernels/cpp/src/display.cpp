#include "display.h"

#include "streams.h"
#include "wire.h"

#include <optional>

namespace display {
namespace {

// Never destroyed: cells may show something in destructors that run after everything else.
llvm::json::Object &collected() {
    thread_local auto *bundle = new llvm::json::Object;
    return *bundle;
}

// Shape: a MIME type, the value in it.
void add_text(const char *type, std::size_t type_size, const char *text, std::size_t text_size) {
    collected()[llvm::json::fixUTF8({type, type_size})] = llvm::json::fixUTF8({text, text_size});
}

// Shape: a JSON object, from MIME type to content.
void add_bundle(const char *json, std::size_t size) {
    auto bundle = llvm::json::parse({json, size});
    if (!bundle || !bundle->getAsObject()) {
        llvm::consumeError(bundle.takeError());
        return;
    }
    for (auto &[type, content] : *bundle->getAsObject()) {
        collected()[type.str()] = std::move(content);
    }
}

llvm::json::Object metadata_from(const char *json, std::size_t size) {
    auto metadata = llvm::json::parse({json, size});
    if (metadata && metadata->getAsObject()) {
        return std::move(*metadata->getAsObject());
    }
    llvm::consumeError(metadata.takeError());
    return {};
}

// Send what has been collected. Shape: an identifier, may be empty; metadata as JSON, may be empty.
void show(const char *id, std::size_t id_size, bool update, const char *metadata,
          std::size_t metadata_size) {
    auto message = llvm::json::Object{{"type", "display"}, {"data", take()}, {"update", update}};
    message["metadata"] = metadata_from(metadata, metadata_size);
    if (id_size > 0) {
        message["display_id"] = llvm::json::fixUTF8({id, id_size});
    }
    streams::flush();
    wire::send(message);
}

void clear(bool wait) {
    streams::flush();
    wire::send(llvm::json::Object{{"type", "clear"}, {"wait", wait}});
}

} // namespace

std::vector<std::pair<std::string_view, void *>> functions() {
    return {{"cpp_kernel_add_text", reinterpret_cast<void *>(&add_text)},
            {"cpp_kernel_add_bundle", reinterpret_cast<void *>(&add_bundle)},
            {"cpp_kernel_show", reinterpret_cast<void *>(&show)},
            {"cpp_kernel_clear", reinterpret_cast<void *>(&clear)}};
}

llvm::json::Object take() { return std::exchange(collected(), llvm::json::Object()); }

} // namespace display
