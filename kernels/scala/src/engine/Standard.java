package labinit.repl;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Scala's own idea of the standard streams, which it would keep from before the engine's. */
final class Standard {
    private Standard() {}

    /**
     * Have `println` and `readLine` use what System has now;
     * nothing that an earlier cell left unread.
     */
    static void renew() {
        scala.Console$.MODULE$.setOutDirect(System.out);
        scala.Console$.MODULE$.setErrDirect(System.err);
        var input = new InputStreamReader(System.in, StandardCharsets.UTF_8);
        scala.Console$.MODULE$.setInDirect(new BufferedReader(input));
    }
}
