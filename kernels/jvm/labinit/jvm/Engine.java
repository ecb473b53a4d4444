package labinit.jvm;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import java.util.stream.Stream;
import sun.misc.Signal;

/**
 * The loop of an engine: reads the front's requests, has a language answer them, stops a cell on
 * SIGINT. Knows no language. See ../../../front/README.md for the messages.
 */
public final class Engine {
    private static final int STOP_EVERY_MS = 50;
    // The front promises half a second: a cell that cannot be stopped by then is left behind.
    private static final int GIVE_UP_MS = 400;
    // The front ends what has not gone after 0.7 s.
    private static final int QUIT_MS = 500;

    private final Channel channel;
    private final Input input;
    private final Language language;
    private final LinkedBlockingQueue<Map<String, Object>> requests = new LinkedBlockingQueue<>();
    private Thread worker;
    private Map<String, Object> cell;
    private boolean interrupted;
    private static Engine current;

    private Engine(Channel channel, Function<Channel, Language> makeLanguage) {
        this.channel = channel;
        input = new Input(channel);
        System.setOut(channel.stream("stdout"));
        System.setErr(channel.stream("stderr"));
        System.setIn(input);
        current = this;
        language = makeLanguage.apply(channel);
    }

    /** Where a cell's `password` prompts and the like ask. */
    public static Input input() {
        return current.input;
    }

    /** Whether the cell that runs was told to stop: for the steps between its statements. */
    public static boolean isInterrupted() {
        synchronized (current) {
            return current.interrupted && Thread.currentThread() == current.worker;
        }
    }

    /** Serve until the front closes its end. */
    public static void run(Function<Channel, Language> makeLanguage) throws Exception {
        var channel = new Channel();
        var engine = new Engine(channel, makeLanguage);
        Signal.handle(new Signal("INT"), signal -> engine.startStopping());
        engine.startWorker();
        channel.send(Map.of(
                "type", "ready", "language_info", engine.language.info(), "banner", ""));
        for (var request = channel.read(); request != null; request = channel.read()) {
            engine.take(request);
        }
        engine.quit();
    }

    private void take(Map<String, Object> request) {
        switch (String.valueOf(request.get("type"))) {
            case "input_reply" -> input.reply(request);
            case "shutdown" -> quit();
            case "execute" -> {
                synchronized (this) {
                    cell = request;
                    interrupted = false;
                }
                requests.add(request);
            }
            default -> requests.add(request);
        }
    }

    /** End, with the user's own shutdown hooks, but not without an end. */
    private void quit() {
        var last = new Thread(() -> {
            pause(QUIT_MS);
            Runtime.getRuntime().halt(0);
        });
        last.setDaemon(true);
        last.start();
        System.exit(0);
    }

    private synchronized void startWorker() {
        worker = new Thread(null, this::work, "labinit-cells", 0);
        worker.setDaemon(true);
        worker.start();
    }

    private void work() {
        while (Thread.currentThread() == worker) {
            Map<String, Object> request;
            try {
                request = requests.take();
            } catch (InterruptedException ignored) {
                continue;
            }
            finish(request, answer(request));
        }
    }

    private Map<String, Object> answer(Map<String, Object> request) {
        String code = String.valueOf(request.get("code"));
        try {
            return switch (String.valueOf(request.get("type"))) {
                case "execute" -> execute(request, code);
                case "complete" -> complete(code, cursor(request, code));
                case "inspect" -> inspect(request, code);
                case "is_complete" -> isComplete(code);
                default -> Map.of();
            };
        } catch (CellError error) {
            return Map.of("error", error.fields());
        } catch (Throwable failure) {
            return Map.of("error", describe(failure).fields());
        }
    }

    private Map<String, Object> execute(Map<String, Object> request, String code) throws CellError {
        input.forget();
        language.stop(false);
        int count = request.get("count") instanceof Long number ? number.intValue() : 0;
        try {
            language.execute(code, Boolean.TRUE.equals(request.get("silent")), count);
        } catch (Stopped stopped) {
            throw CellError.interrupted(List.of("Interrupted"));
        }
        return Map.of();
    }

    private Map<String, Object> complete(String code, int cursor) {
        var found = language.complete(code, cursor);
        return Map.of(
                "matches", found.matches(),
                "start", code.codePointCount(0, found.start()),
                "end", code.codePointCount(0, found.end()));
    }

    private Map<String, Object> inspect(Map<String, Object> request, String code) {
        boolean detail = request.get("detail") instanceof Long level && level > 0;
        var data = language.inspect(code, cursor(request, code), detail);
        return Map.of("found", !data.isEmpty(), "data", data);
    }

    private Map<String, Object> isComplete(String code) {
        String status = language.completeness(code);
        return Map.of(
                "status", status,
                "indent", status.equals("incomplete") ? Indent.after(code) : "");
    }

    /** The front counts characters, Java counts UTF-16 units. */
    private static int cursor(Map<String, Object> request, String code) {
        int wanted = request.get("cursor") instanceof Long number ? number.intValue() : 0;
        return code.offsetByCodePoints(
                0, Math.max(0, Math.min(wanted, code.codePointCount(0, code.length()))));
    }

    /** An error that no cell of the user's has thrown by itself. */
    private static CellError describe(Throwable failure) {
        var lines = Stream.concat(
                Stream.of(failure.toString()),
                Arrays.stream(failure.getStackTrace()).limit(20).map(frame -> "\tat " + frame));
        return new CellError(
                failure.getClass().getName(), String.valueOf(failure.getMessage()), lines.toList());
    }

    private void finish(Map<String, Object> request, Map<String, Object> fields) {
        System.out.flush();
        System.err.flush();
        synchronized (this) {
            // Left behind by now: its end has been told already.
            if (Thread.currentThread() != worker) {
                return;
            }
            cell = null;
            // Too late an interrupt must not hit the next cell.
            Thread.interrupted();
        }
        sendDone(request, fields);
    }

    private void sendDone(Map<String, Object> request, Map<String, Object> fields) {
        var message = new HashMap<String, Object>(fields);
        message.put("type", "done");
        message.put("id", request.get("id"));
        channel.send(message);
    }

    private synchronized void startStopping() {
        if (cell != null && !interrupted) {
            interrupted = true;
            var stopper = new Thread(() -> stopCell(cell), "labinit-stop");
            stopper.setDaemon(true);
            stopper.start();
        }
    }

    /** Interrupt a cell until it ends; one that has not ended in time goes on alone. */
    private void stopCell(Map<String, Object> stopped) {
        for (int waited = 0; ; waited += STOP_EVERY_MS) {
            synchronized (this) {
                if (cell != stopped) {
                    return;
                }
                language.stop(true);
                worker.interrupt();
                if (waited >= GIVE_UP_MS && runsUserCode()) {
                    cell = null;
                    startWorker();
                    break;
                }
            }
            pause(STOP_EVERY_MS);
        }
        var text = "Interrupted: the cell is in code that cannot be stopped, "
                + "and goes on in the background";
        sendDone(stopped, Map.of("error", CellError.interrupted(List.of(text)).fields()));
    }

    private boolean runsUserCode() {
        return Arrays.stream(worker.getStackTrace())
                .anyMatch(frame -> language.owns(frame.getClassName()));
    }

    private static void pause(int milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException early) {
            Thread.currentThread().interrupt();
        }
    }
}
