package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.Cancellation;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatShellTest {
    private final StringWriter written = new StringWriter();
    private final ScriptedConversation conversation = new ScriptedConversation();
    private final ChatShell shell = new ChatShell(conversation, new PrintWriter(written));

    private String after(String line) {
        written.getBuffer().setLength(0);
        assertThat(shell.line(line, new Cancellation())).isTrue();
        return written.toString();
    }

    @Test
    void textIsAnsweredAndCommandsAreNot() {
        assertThat(after("你好")).isEqualTo("你好" + System.lineSeparator());
        assertThat(after("/nonsense")).contains("unknown command /nonsense");
        assertThat(after("   ")).isEmpty();
        assertThat(conversation.messages()).hasSize(2);
    }

    @Test
    void helpListsEveryCommand() {
        String help = after("/help");
        assertThat(ChatShell.COMMANDS.keySet()).allMatch(help::contains);
    }

    @Test
    void resetForgetsAndKeepsTheSystemText() {
        after("/system 你是诗人");
        after("one");
        after("/reset");
        assertThat(conversation.messages())
                .containsExactly(new Conversation.Message("system", "你是诗人"));
    }

    @Test
    void theDialogueIsSavedAsJson(@TempDir Path folder) throws Exception {
        after("/system calm");
        after("早上好\"");
        Path file = folder.resolve("dialogue.json");
        assertThat(after("/save " + file)).contains(file.toString());
        var messages = Json.mapper().readTree(Files.readString(file)).get("messages");
        assertThat(messages.size()).isEqualTo(3);
        assertThat(messages.get(1).get("role").stringValue()).isEqualTo("user");
        assertThat(messages.get(2).get("content").stringValue()).isEqualTo("早上好\"");
        assertThat(folder.resolve("dialogue.json.part")).doesNotExist();
        assertThat(after("/save " + folder.resolve("no/such/folder"))).contains("cannot write");
    }

    @Test
    void statsTellSpeedAndMemory() {
        assertThat(after("/stats")).contains("no answer yet", "7 of 256");
        after("four");
        assertThat(after("/stats"))
                .contains("prompt 10 tokens (6 new, 12/s), answer 4 tokens (4.0/s)");
    }

    @Test
    void exitEnds() {
        assertThat(shell.line("/exit", new Cancellation())).isFalse();
    }
}
