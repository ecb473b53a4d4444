#include "interrupt.h"

#include "place.h"
#include "shared.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <llvm/ADT/SmallVector.h>
#include <llvm/Analysis/CFG.h>
#include <llvm/IR/DebugInfo.h>
#include <llvm/IR/IRBuilder.h>
#include <llvm/IR/Instructions.h>
#include <llvm/IR/MDBuilder.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/BasicBlockUtils.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace interrupt {
namespace {

pthread_t cell_thread;
constexpr int most_pauses = 5000; // of 0.2 ms

// A signal for the process may reach any thread, and it is this one's call that has to end. The
// supervisor gets it at the same time, and it is not certain who is first.
void on_sigint(int) {
    ++shared->interrupts;
    shared->interrupted_cell = shared->running_cell.load();
    if (!pthread_equal(pthread_self(), cell_thread)) {
        pthread_kill(cell_thread, SIGINT);
    }
}

// Not from a destructor that runs because of an exception: that would be the end of the process.
void safepoint() {
    if (pthread_equal(pthread_self(), cell_thread) && is_wanted() &&
        std::uncaught_exceptions() == 0) {
        throw Interrupted{};
    }
}

template <typename Result> Result heeding(Result result) {
    if (result == Result(-1) && errno == EINTR) {
        safepoint();
    }
    return result;
}

// --- replacements ----------------------------------------------------------------------------

int nanosleep_(const timespec *wanted, timespec *left) { return heeding(nanosleep(wanted, left)); }

// Not in the way of the others: it returns its error, and leaves errno alone.
int clock_nanosleep_(clockid_t clock, int flags, const timespec *wanted, timespec *left) {
    const int error = clock_nanosleep(clock, flags, wanted, left);
    if (error == EINTR) {
        safepoint();
    }
    return error;
}

unsigned sleep_(unsigned seconds) {
    const unsigned left = sleep(seconds);
    if (left > 0) {
        safepoint();
    }
    return left;
}

int usleep_(useconds_t microseconds) { return heeding(usleep(microseconds)); }
int pause_() { return heeding(pause()); }
int poll_(pollfd *list, nfds_t count, int timeout) { return heeding(poll(list, count, timeout)); }
int select_(int count, fd_set *in, fd_set *out, fd_set *other, timeval *timeout) {
    return heeding(select(count, in, out, other, timeout));
}
ssize_t read_(int descriptor, void *bytes, size_t count) {
    return heeding(read(descriptor, bytes, count));
}
pid_t wait_(int *status) { return heeding(wait(status)); }
pid_t waitpid_(pid_t child, int *status, int options) {
    return heeding(waitpid(child, status, options));
}

int wait_for(pid_t command) {
    if (is_wanted()) {
        kill(command, SIGINT); // it was started too late for the one that its group got
    }
    int status = 0;
    while (waitpid(command, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    return status;
}

int start(pid_t &command, const char *text, const sigset_t &signals) {
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    char *arguments[] = {const_cast<char *>("sh"), const_cast<char *>("-c"),
                         const_cast<char *>(text), nullptr};
    const int error = posix_spawn(&command, "/bin/sh", nullptr, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    return error;
}

// system(3) ignores SIGINT while the command runs. The interrupt, which ends the command, would be
// known to the supervisor alone, and to that perhaps only when this cell has ended. So it stays
// heard here, but for the moment in which the command is started.
int system_(const char *text) {
    if (!text) {
        return std::system(text);
    }
    safepoint();
    sigset_t interrupt, both, before;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    both = interrupt;
    sigaddset(&both, SIGCHLD); // nobody else takes the command's end
    pthread_sigmask(SIG_BLOCK, &both, &before);
    pid_t command = 0;
    const int error = start(command, text, before);
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
    const int status = error == 0 ? wait_for(command) : -1;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    safepoint();
    return status;
}

// --- loops -----------------------------------------------------------------------------------

// The library's loops are short, and many stand where nothing may be thrown.
bool is_library(const llvm::Function &function) {
    const auto name = function.getName();
    return name.starts_with("_ZNSt") || name.starts_with("_ZSt") || name.starts_with("_ZNKSt") ||
           name.starts_with("_ZN9__gnu_cxx") || name.starts_with("_ZNK9__gnu_cxx");
}

void add_safepoint(llvm::Instruction *before) {
    llvm::IRBuilder<> builder(before);
    auto &context = builder.getContext();
    auto *word = builder.getIntPtrTy(before->getModule()->getDataLayout());
    const auto address = [&](auto *object) {
        return builder.CreateIntToPtr(
            llvm::ConstantInt::get(word, reinterpret_cast<std::uintptr_t>(object)),
            builder.getPtrTy());
    };
    auto *cell = builder.CreateLoad(builder.getInt32Ty(), address(&shared->interrupted_cell),
                                    /*isVolatile=*/true);
    auto *wanted = builder.CreateICmpNE(cell, builder.getInt32(0));
    auto *seldom = llvm::MDBuilder(context).createBranchWeights(1, 1 << 20);
    auto *branch = llvm::SplitBlockAndInsertIfThen(wanted, before, /*Unreachable=*/false, seldom);
    builder.SetInsertPoint(branch);
    builder.CreateCall(llvm::FunctionType::get(builder.getVoidTy(), false), address(&safepoint));
}

// Without optimisation too.
struct Instrument : llvm::PassInfoMixin<Instrument> {
    static bool isRequired() { return true; }

    llvm::PreservedAnalyses run(llvm::Module &module, llvm::ModuleAnalysisManager &) {
        for (auto &function : module) {
            place::instrument(function);
            add_safepoints_to(function);
        }
        llvm::StripDebugInfo(module); // it has served its purpose, and would take time and memory
        return llvm::PreservedAnalyses::none();
    }

    static void add_safepoints_to(llvm::Function &function) {
        llvm::SmallVector<std::pair<const llvm::BasicBlock *, const llvm::BasicBlock *>> edges;
        if (function.isDeclaration() || is_library(function)) {
            return;
        }
        llvm::FindFunctionBackedges(function, edges);
        for (const auto &[from, to] : edges) {
            add_safepoint(const_cast<llvm::BasicBlock *>(from)->getTerminator());
        }
        if (!edges.empty()) {
            // Clang infers it where a body cannot throw; now it can.
            function.removeFnAttr(llvm::Attribute::NoUnwind);
        }
    }
};

} // namespace

bool is_wanted() {
    const unsigned cell = shared->running_cell;
    return cell != 0 && shared->interrupted_cell == cell;
}

void begin_cell() {
    static unsigned seen = 0;
    const unsigned count = shared->interrupts;
    if (count == std::exchange(seen, count)) {
        return;
    }
    const unsigned question = ++shared->asked;
    kill(getppid(), SIGCHLD);
    constexpr timespec pause{0, 200'000};
    for (int i = 0; i < most_pauses && shared->answered != question; ++i) {
        nanosleep(&pause, nullptr);
    }
}

void install() {
    cell_thread = pthread_self();
    struct sigaction action{};
    action.sa_handler = on_sigint; // without SA_RESTART: blocking calls have to end
    sigaction(SIGINT, &action, nullptr);
}

void check() { safepoint(); }

void instrument(llvm::PassBuilder &builder) {
    builder.registerPipelineStartEPCallback(
        [](llvm::ModulePassManager &passes, llvm::OptimizationLevel) {
            passes.addPass(Instrument());
        });
}

std::vector<std::pair<std::string_view, void *>> replacements() {
    const auto at = [](auto *function) { return reinterpret_cast<void *>(function); };
    return {{"nanosleep", at(nanosleep_)}, {"clock_nanosleep", at(clock_nanosleep_)},
            {"sleep", at(sleep_)},         {"usleep", at(usleep_)},
            {"pause", at(pause_)},         {"poll", at(poll_)},
            {"select", at(select_)},       {"read", at(read_)},
            {"wait", at(wait_)},           {"waitpid", at(waitpid_)},
            {"system", at(system_)}};
}

} // namespace interrupt
