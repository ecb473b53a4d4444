package labinit.jvm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;

/** Standard input: each line is asked of the user, in the notebook. */
public final class Input extends InputStream {
    private final Channel channel;
    private final LinkedBlockingQueue<Map<String, Object>> replies = new LinkedBlockingQueue<>();
    private byte[] line = {};
    private int at;

    Input(Channel channel) {
        this.channel = channel;
    }

    void reply(Map<String, Object> reply) {
        replies.add(reply);
    }

    /** A cell starts with nothing of what the one before has left unread. */
    void forget() {
        replies.clear();
        line = new byte[0];
        at = 0;
    }

    /**
     * One line of the user's, without its end; null where there will be no more.
     *
     * @throws UncheckedIOException where the front end takes no input:
     *     Scanner would swallow an IOException
     * @throws Stopped when the cell is interrupted meanwhile
     */
    public String ask(String prompt, boolean password) {
        channel.send(Map.of("type", "input", "prompt", prompt, "password", password));
        try {
            Map<String, Object> reply = replies.take();
            if (reply.get("error") != null) {
                String why = reply.get("error").toString();
                throw new UncheckedIOException(why, new IOException(why));
            }
            return Boolean.TRUE.equals(reply.get("eof"))
                    ? null
                    : String.valueOf(reply.get("value"));
        } catch (InterruptedException stop) {
            throw new Stopped();
        }
    }

    private boolean fill() {
        if (at == line.length) {
            String answer = ask("", false);
            line = answer == null ? new byte[0] : (answer + "\n").getBytes(StandardCharsets.UTF_8);
            at = 0;
        }
        return at < line.length;
    }

    @Override
    public synchronized int read() {
        return fill() ? line[at++] & 0xFF : -1;
    }

    @Override
    public synchronized int read(byte[] bytes, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int part = Math.min(length, line.length - at);
        System.arraycopy(line, at, bytes, offset, part);
        at += part;
        return part;
    }

    @Override
    public int available() {
        return line.length - at;
    }
}
