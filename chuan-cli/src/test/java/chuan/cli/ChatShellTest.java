package chuan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.cli.Conversation.Message;
import chuan.engine.Cancellation;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatShellTest {
    @TempDir private Path folder;
    private final StringWriter written = new StringWriter();
    private final StringWriter notices = new StringWriter();
    private final ScriptedConversation conversation = new ScriptedConversation();
    private ChatShell shell;

    @BeforeEach
    void start() {
        shell = shell(Look.pipe(false));
    }

    private ChatShell shell(Look look) {
        return new ChatShell(
                conversation,
                new ScriptedModels(),
                new ChatStore(folder.resolve("chuan")),
                new PrintWriter(written),
                new PrintWriter(notices),
                look);
    }

    private String after(String line) {
        written.getBuffer().setLength(0);
        notices.getBuffer().setLength(0);
        assertThat(shell.line(line, new Cancellation())).isTrue();
        return written.toString();
    }

    @Test
    void textIsAnsweredAndCommandsAreNot() {
        assertThat(after("你好")).isEqualTo("你好" + System.lineSeparator());
        assertThat(after("/nonsense")).contains("unknown command /nonsense; /help lists them");
        assertThat(after("/helo")).contains("did you mean /help?");
        assertThat(after("/sys be kind")).contains("did you mean /system?");
        assertThat(after("")).isEmpty();
        assertThat(conversation.messages()).hasSize(2);
        assertThat(after("//etc")).isEqualTo("/etc" + System.lineSeparator());
        assertThat(after("／help")).contains("did you mean /help?");
        assertThat(after("／路径")).contains("／路径");
        assertThat(conversation.messages()).hasSize(6);
    }

    @Test
    void helpListsEveryCommandAndEachIsOne() {
        String help = after("/help");
        assertThat(ChatCommands.names()).allMatch(help::contains);
        for (String name : ChatCommands.names())
            if (!name.equals("/bye")) assertThat(after(name)).doesNotContain("unknown");
        assertThat(shell.line("/bye", new Cancellation())).isFalse();
        assertThat(shell.line("/exit", new Cancellation())).isFalse();
    }

    @Test
    void resetForgetsAndKeepsTheSystemText() {
        after("/system 你是诗人");
        after("one");
        after("/reset");
        assertThat(conversation.messages()).containsExactly(new Message("system", "你是诗人"));
        after("/system \"\"");
        assertThat(conversation.messages()).isEmpty();
    }

    @Test
    void questionsAreTakenBackAndAskedAgain() {
        after("one");
        after("two");
        assertThat(after("/retry")).startsWith("two");
        assertThat(conversation.messages()).hasSize(4);
        after("/undo");
        assertThat(conversation.messages())
                .containsExactly(new Message("user", "one"), new Message("assistant", "one"));
        after("/edit");
        assertThat(conversation.messages()).isEmpty();
        assertThat(shell.commands().takeDraft()).isEqualTo("one");
        assertThat(after("/undo")).contains("nothing to take back");
        assertThat(after("/retry")).contains("no question yet");
    }

    @Test
    void settingsAreShownAndChanged() {
        assertThat(after("/set")).contains("temperature", "0.3");
        after("/set temperature 0.9");
        after("/set temperature=0.8");
        assertThat(conversation.settings()).containsEntry("temperature", "0.8");
        assertThat(after("/set colour 1")).contains("no setting colour");
        assertThat(after("/set temperature")).contains("needs a name and a value");
    }

    @Test
    void anotherModelGoesOnWithTheDialogue() {
        after("one");
        assertThat(after("/model")).contains("scripted", "/model large", "/model small");
        assertThat(after("/model none")).contains("none: no such model");
        assertThat(shell.conversation().model()).isEqualTo("scripted");
        after("/model large");
        assertThat(shell.conversation().model()).isEqualTo("large");
        assertThat(shell.conversation().messages()).isEqualTo(conversation.messages());
    }

    @Test
    void aDialogueIsSavedInTheFormatOfTheWebPageAndReadAgain() throws Exception {
        after("/system calm");
        after("早上好\"");
        after("再见\n!");
        var before = conversation.messages();
        Path file = folder.resolve("dialogue.json");
        assertThat(after("/save " + file)).contains(file.toString());
        var data = Json.mapper().readTree(Files.readString(file));
        assertThat(data.get("format").stringValue()).isEqualTo("chuan-chat");
        assertThat(data.get("version").intValue()).isEqualTo(1);
        var chat = data.get("conversations").get(0);
        assertThat(chat.get("system").stringValue()).isEqualTo("calm");
        assertThat(chat.get("title").stringValue()).isEqualTo("早上好\"");
        var messages = chat.get("messages");
        assertThat(messages.size()).isEqualTo(4);
        assertThat(messages.get(0).get("parent").isNull()).isTrue();
        for (int i = 1; i < 4; i++)
            assertThat(messages.get(i).get("parent").stringValue())
                    .isEqualTo(messages.get(i - 1).get("id").stringValue());
        assertThat(chat.get("leaf").stringValue())
                .isEqualTo(messages.get(3).get("id").stringValue());
        assertThat(folder.resolve("dialogue.json.part")).doesNotExist();
        after("/reset");
        assertThat(after("/load " + file)).contains("5 messages");
        assertThat(conversation.messages()).isEqualTo(before);
        assertThat(after("/save " + folder.resolve("no/such/folder"))).contains("cannot write");
    }

    @Test
    void dialoguesHaveNames() {
        assertThat(after("/list")).contains("none");
        after("one");
        after("/save 山水");
        assertThat(after("/list").strip()).isEqualTo("山水");
        after("/reset");
        after("/load 山水");
        assertThat(conversation.messages()).hasSize(2);
        assertThat(after("/load nothing")).contains("cannot read nothing");
    }

    @Test
    void aBranchOfTheWebPageAndAListOfMessagesAreRead() throws Exception {
        Path page = folder.resolve("page.json");
        Files.writeString(
                page,
                """
                {"format":"chuan-chat","version":1,"conversations":[
                 {"updated":1,"leaf":"x","messages":[
                   {"id":"x","parent":null,"role":"user","content":"old"}]},
                 {"updated":2,"system":"s","leaf":"c","messages":[
                   {"id":"a","parent":null,"role":"user","content":"q"},
                   {"id":"b","parent":"a","role":"assistant","content":"first"},
                   {"id":"c","parent":"a","role":"assistant","content":"second"}]}]}
                """);
        after("/load " + page);
        assertThat(conversation.messages())
                .containsExactly(
                        new Message("system", "s"),
                        new Message("user", "q"),
                        new Message("assistant", "second"));
        Path list = folder.resolve("list.json");
        Files.writeString(list, "[{\"role\":\"user\",\"content\":\"hi\"}]");
        after("/load " + list);
        assertThat(conversation.messages()).containsExactly(new Message("user", "hi"));
        for (String bad : new String[] {"{", "[]", "{\"format\":\"chuan-chat\",\"version\":2}"}) {
            Files.writeString(list, bad);
            assertThat(after("/load " + list).strip()).contains(list.toString()).hasLineCount(1);
        }
        assertThat(conversation.messages()).containsExactly(new Message("user", "hi"));
    }

    @Test
    void statsTellSpeedAndMemory() {
        assertThat(after("/stats")).contains("no answer yet", "0 of 256");
        after("four");
        assertThat(after("/stats"))
                .contains("prompt 10 tokens (6 new, 12/s), answer 4 tokens (4.0/s); 2 of 256");
    }

    @Test
    void tokensAreThoseOfATextOrTheLastAnswer() {
        assertThat(after("/tokens a b c")).startsWith("3: a | b | c");
        after("d e");
        assertThat(after("/tokens")).startsWith("2: d | e");
    }

    @Test
    void onATerminalALineFollowsTheAnswerAndAWarningWhenItGetsFull() {
        shell = shell(new Look(() -> 80, true, false));
        conversation.context = 10;
        after("one two");
        assertThat(notices.toString())
                .contains("4 of 10 prompt tokens cached, stop)")
                .startsWith("\u001b[2m")
                .doesNotContain("full");
        after("one two");
        assertThat(notices.toString()).contains("the context is 80 % full");
        after("one");
        assertThat(notices.toString()).doesNotContain("full");
        assertThat(after("/copy")).contains("\u001b]52;c;b25l\u0007");
    }

    @Test
    void answersAsJson() {
        shell = shell(Look.pipe(true));
        var object = Json.mapper().readTree(after("say \"x\""));
        assertThat(object.get("text").stringValue()).isEqualTo("say \"x\"");
        assertThat(object.get("finish_reason").stringValue()).isEqualTo("stop");
        assertThat(notices.toString()).isEmpty();
    }
}
