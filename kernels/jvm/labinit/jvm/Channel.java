package labinit.jvm;

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The two pipes to the front: requests come in on descriptor 3, messages go out on 4.
 * What a cell prints goes the same way as what it displays, so both keep their order.
 */
public final class Channel {
    // As ipykernel: often enough to be live, seldom enough for a server that limits messages.
    private static final int BATCH_MS = 20;
    private static final int BATCH_BYTES = 8192;

    private final BufferedReader in;
    private final OutputStream out;
    private final byte[] batch = new byte[BATCH_BYTES];
    private int filled;
    private String batchName = "stdout";
    private boolean fresh;

    public Channel() throws IOException {
        in = new BufferedReader(new InputStreamReader(
                new FileInputStream("/dev/fd/3"), StandardCharsets.UTF_8));
        out = new FileOutputStream("/dev/fd/4");
        var flusher = new Thread(this::flushOften, "labinit-flush");
        flusher.setDaemon(true);
        flusher.start();
    }

    /** The next request, or null when the front has gone. */
    @SuppressWarnings("unchecked")
    Map<String, Object> read() throws IOException {
        String line = in.readLine();
        return line == null ? null : (Map<String, Object>) Json.parse(line);
    }

    /** Send a message, after all that was printed before. */
    public synchronized void send(Map<String, ?> message) {
        flush(filled);
        write(message);
    }

    /** A stream whose bytes become messages for Jupyter's stdout or stderr. */
    public PrintStream stream(String name) {
        return new PrintStream(new OutputStream() {
            @Override
            public void write(int value) {
                write(new byte[] {(byte) value}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) {
                collect(name, bytes, offset, length);
            }
        }, false, StandardCharsets.UTF_8);
    }

    private synchronized void collect(String name, byte[] bytes, int offset, int length) {
        if (!name.equals(batchName)) {
            flush(filled);
            batchName = name;
        }
        for (int done = 0; done < length; ) {
            int part = Math.min(length - done, BATCH_BYTES - filled);
            System.arraycopy(bytes, offset + done, batch, filled, part);
            filled += part;
            done += part;
            if (filled == BATCH_BYTES) {
                flush(wholeCharacters());
            }
        }
        fresh = true;
    }

    /**
     * How much of the batch can be decoded:
     * not the begin of a character whose rest is still to come.
     */
    private int wholeCharacters() {
        int start = filled - 1;
        while (start > 0 && filled - start < 4 && (batch[start] & 0xC0) == 0x80) {
            start--;
        }
        int lead = start < 0 ? 0 : batch[start] & 0xFF;
        int size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
        return start + size > filled && start > 0 ? start : filled;
    }

    private void flush(int length) {
        if (length == 0) {
            return;
        }
        var text = new String(batch, 0, length, StandardCharsets.UTF_8);
        System.arraycopy(batch, length, batch, 0, filled - length);
        filled -= length;
        write(Map.of("type", "stream", "name", batchName, "text", text));
    }

    private void write(Map<String, ?> message) {
        byte[] line = (Json.write(message) + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            out.write(line);
        } catch (IOException gone) {
            // Without the front there is nobody left to tell.
            Runtime.getRuntime().halt(1);
        }
    }

    private void flushOften() {
        while (true) {
            try {
                Thread.sleep(BATCH_MS);
            } catch (InterruptedException ignored) {
                continue;
            }
            synchronized (this) {
                // In a loop that prints, the batch of the last 20 ms; afterwards what is left.
                if (fresh) {
                    fresh = false;
                    flush(wholeCharacters());
                } else if (filled > 0) {
                    flush(filled);
                }
            }
        }
    }
}
