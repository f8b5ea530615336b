package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import org.jline.terminal.Size;
import org.jline.terminal.impl.ExternalTerminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The chat on a terminal with a line discipline of its own: keys go in as bytes, Ctrl-C as 0x03.
@Timeout(120)
class ChatTerminalTest {
    private static final int CTRL_C = 3;
    private static final int CTRL_D = 4;

    @TempDir private Path folder;
    private final ByteArrayOutputStream screen = new ByteArrayOutputStream();
    private final PipedOutputStream keys = new PipedOutputStream();
    private final ScriptedConversation conversation = new ScriptedConversation();
    private ExternalTerminal terminal;
    private Thread chat;

    @BeforeEach
    void start() throws IOException {
        var in = new PipedInputStream(keys, 1 << 16);
        terminal = new ExternalTerminal("test", "ansi", in, screen, StandardCharsets.UTF_8);
        terminal.setSize(new Size(80, 24));
        var store = new ChatStore(folder);
        var shell =
                new ChatShell(
                        conversation,
                        new ScriptedModels(),
                        store,
                        terminal.writer(),
                        terminal.writer(),
                        new Look(terminal::getWidth, false, false));
        var history = store.history();
        chat =
                Thread.ofPlatform()
                        .start(() -> new ChatTerminal(terminal, shell, store, history).run());
        waitFor("/help lists");
        waitFor("> "); // whoever presses Ctrl-C before the reader reads is not heard
    }

    @AfterEach
    void end() throws IOException {
        terminal.close();
    }

    private void type(String text) throws IOException {
        keys.write(text.getBytes(StandardCharsets.UTF_8));
        keys.flush();
    }

    private void press(int key) throws IOException {
        keys.write(key);
        keys.flush();
    }

    private String shown() {
        return screen.toString(StandardCharsets.UTF_8);
    }

    private void waitFor(String text) {
        waitUntil(() -> shown().contains(text), "shown: " + text);
    }

    private void waitUntil(java.util.function.BooleanSupplier condition, String what) {
        long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("%s; screen: %s", what, shown()).isLessThan(end);
            Thread.onSpinWait();
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void controlCStopsAnAnswerAndKeepsTheChat() throws Exception {
        type("endless 长\r");
        waitUntil(() -> screen.size() > 10_000, "a long answer");
        press(CTRL_C);
        waitFor(", stopped)");
        type("again\r");
        waitUntil(() -> conversation.messages().size() == 4, "a second answer");
        press(CTRL_D);
        chat.join();
        assertThat(conversation.messages().get(3).content()).isEqualTo("again");
    }

    @Test
    void controlCAtThePromptDropsTheLineOnly() throws Exception {
        type("half a li");
        press(CTRL_C);
        type("whole\r");
        waitUntil(() -> conversation.messages().size() == 2, "an answer");
        assertThat(conversation.messages().getFirst().content()).isEqualTo("whole");
        type("/bye\r");
        chat.join();
    }

    @Test
    void controlCTwiceAtAnEmptyPromptEnds() throws Exception {
        press(CTRL_C);
        waitFor("(Ctrl-C again");
        press(CTRL_C);
        chat.join();
    }

    @Test
    void messagesMayHaveSeveralLines() throws Exception {
        type("one\n二\u001b\rthree\r"); // Ctrl-J, Alt-Enter
        waitUntil(() -> conversation.messages().size() == 2, "an answer");
        type("four\\\rfive\r");
        waitUntil(() -> conversation.messages().size() == 4, "an answer");
        type("\"\"\"\rsix\rseven\r\"\"\"\r");
        waitUntil(() -> conversation.messages().size() == 6, "an answer");
        type("/multi\reight\rnine\r.\r");
        waitUntil(() -> conversation.messages().size() == 8, "an answer");
        assertThat(conversation.messages())
                .extracting(Conversation.Message::content)
                .containsExactly(
                        "one\n二\nthree",
                        "one\n二\nthree",
                        "four\nfive",
                        "four\nfive",
                        "six\nseven",
                        "six\nseven",
                        "eight\nnine",
                        "eight\nnine");
        press(CTRL_D);
        chat.join();
    }

    @Test
    void whatIsPastedIsNotSentByItself() throws Exception {
        type("\u001b[200~one\rtwo\rthree\r\u001b[201~four\r");
        waitUntil(() -> conversation.messages().size() == 2, "an answer");
        assertThat(conversation.messages().getFirst().content()).isEqualTo("one\ntwo\nthree\nfour");
        press(CTRL_D);
        chat.join();
    }

    @Test
    void theLastQuestionCanBeChanged() throws Exception {
        type("first\r");
        waitUntil(() -> conversation.messages().size() == 2, "an answer");
        type("/edit\r");
        waitUntil(() -> conversation.messages().isEmpty(), "the question is back");
        type("!\r");
        waitUntil(() -> conversation.messages().size() == 2, "an answer");
        assertThat(conversation.messages().getFirst().content()).isEqualTo("first!");
        press(CTRL_D);
        chat.join();
    }

    @Test
    void historyIsKeptForItsOwnerAlone() throws Exception {
        type("remember me\r");
        type(" not me\r");
        waitUntil(() -> conversation.messages().size() == 4, "answers");
        press(CTRL_D);
        chat.join();
        Path file = folder.resolve("chat-history");
        assertThat(Files.readString(file)).contains("remember me").doesNotContain("not me");
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix"))
            assertThat(Files.getPosixFilePermissions(file))
                    .containsExactlyInAnyOrder(
                            PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
    }

    @Test
    void backspaceTakesAWholeHanCharacter() throws Exception {
        type("你好吗\u007f!\r");
        waitUntil(() -> conversation.messages().size() == 2, "an answer");
        assertThat(conversation.messages().getFirst().content()).isEqualTo("你好!");
        press(CTRL_D);
        chat.join();
    }

    @Test
    void exclamationMarksAndBackslashesAreText() throws Exception {
        type("wow!! a\\b !1\r");
        waitUntil(() -> conversation.messages().size() == 2, "an answer");
        assertThat(conversation.messages().getFirst().content()).isEqualTo("wow!! a\\b !1");
        press(CTRL_D);
        chat.join();
    }
}
