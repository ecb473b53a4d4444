#include "place.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <llvm/IR/DebugInfoMetadata.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/IntrinsicInst.h>
#include <llvm/IR/Module.h>
#include <system_error>

namespace place {
namespace {

volatile Place current = 0;
thread_local Place thrown = 0;

Place place_of(const llvm::DebugLoc &location) {
    if (!location || location.getLine() == 0) {
        return 0;
    }
    unsigned cell = 0;
    auto name = location->getFilename();
    const bool is_cell = name.consume_front("In[") && !name.consumeInteger(10, cell) && name == "]";
    return is_cell ? Place{cell} << 32 | location.getLine() : 0;
}

void store(llvm::Instruction *before, Place value) {
    llvm::IRBuilder<> builder(before);
    auto *word = builder.getIntPtrTy(before->getModule()->getDataLayout());
    const auto address = reinterpret_cast<std::uintptr_t>(&current);
    auto *pointer =
        builder.CreateIntToPtr(llvm::ConstantInt::get(word, address), builder.getPtrTy());
    builder.CreateStore(builder.getInt64(value), pointer, /*isVolatile=*/true);
}

bool is_call(const llvm::Instruction &instruction) {
    return llvm::isa<llvm::CallBase>(instruction) && !llvm::isa<llvm::IntrinsicInst>(instruction);
}

bool is_alone() {
    std::error_code error;
    std::size_t count = 0;
    for (std::filesystem::directory_iterator task("/proc/self/task", error), end; task != end;
         task.increment(error)) {
        ++count;
    }
    return count == 1;
}

} // namespace

// Before a call too, because what was called before on the same line has stored places of its own.
void instrument(llvm::Function &function) {
    for (auto &block : function) {
        Place last = 0;
        for (auto &instruction : block) {
            const Place here = place_of(instruction.getDebugLoc());
            const bool may_store = !llvm::isa<llvm::PHINode>(instruction) &&
                                   !instruction.isEHPad() &&
                                   !llvm::isa<llvm::AllocaInst>(instruction);
            if (here != 0 && may_store && (here != last || is_call(instruction))) {
                store(&instruction, here);
                last = here;
            }
        }
    }
}

void begin_cell() {
    current = 0;
    thrown = 0;
}

Place of_exception() { return is_alone() ? thrown : 0; }

Place now() noexcept { return current; }

std::size_t describe(Place place, char *text, std::size_t size) noexcept {
    if (place == 0) {
        return 0;
    }
    const int length =
        std::snprintf(text, size, "In[%u], line %u", static_cast<unsigned>(place >> 32),
                      static_cast<unsigned>(place & 0xffffffff));
    return length < 0 ? 0 : static_cast<std::size_t>(length);
}

std::string described(Place place) {
    std::array<char, 64> text;
    return {text.data(), describe(place, text.data(), text.size())};
}

unsigned line_in(Place place, const std::string &name) {
    const bool is_same = "In[" + std::to_string(place >> 32) + "]" == name;
    return is_same ? static_cast<unsigned>(place & 0xffffffff) : 0;
}

} // namespace place

// In place of the C++ library's, for the library's own throws too: a program's symbols come before
// its libraries'.
extern "C" [[noreturn]] void place_throw(void *object, void *type,
                                         void (*destroy)(void *)) asm("__cxa_throw");

void place_throw(void *object, void *type, void (*destroy)(void *)) {
    using Throw = void (*)(void *, void *, void (*)(void *));
    static const auto throw_it = reinterpret_cast<Throw>(dlsym(RTLD_NEXT, "__cxa_throw"));
    place::thrown = place::now();
    throw_it(object, type, destroy);
    std::abort();
}
