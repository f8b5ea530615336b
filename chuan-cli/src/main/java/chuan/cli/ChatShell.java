package chuan.cli;

import chuan.cli.Conversation.Message;
import chuan.cli.Conversation.Outcome;
import chuan.engine.Cancellation;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The dialogue of a user with a model: messages that are answered, and lines that start with `/`,
/// which are commands ([ChatCommands]).
final class ChatShell {
    /// Of the context, from which on a warning is due.
    private static final double NEARLY_FULL = 0.8;

    private Conversation conversation;
    private final ChatModels models;
    private final PrintWriter out;
    private final PrintWriter notices;
    private final Look look;
    private final ChatCommands commands;
    private @Nullable Outcome last;
    private boolean warned;

    /// @param out for answers, and what a command was asked to show
    /// @param notices for everything else
    ChatShell(
            Conversation conversation,
            ChatModels models,
            ChatStore store,
            PrintWriter out,
            PrintWriter notices,
            Look look) {
        this.conversation = conversation;
        this.models = models;
        this.out = out;
        this.notices = notices;
        this.look = look;
        commands = new ChatCommands(this, store, out);
    }

    /// Does what a message says. Returns false at the end of the chat.
    ///
    /// @param text without surrounding blanks
    boolean line(String text, Cancellation stop) {
        if (text.isEmpty()) return true;
        boolean goOn = true;
        if (text.startsWith("//")) answer(text.substring(1), stop);
        else if (text.startsWith("/")) goOn = commands.run(text, stop);
        else if (!commands.offersInstead(text)) answer(text, stop);
        out.flush();
        notices.flush();
        return goOn;
    }

    ChatCommands commands() {
        return commands;
    }

    Conversation conversation() {
        return conversation;
    }

    ChatModels models() {
        return models;
    }

    Look look() {
        return look;
    }

    /// Goes on with another model; the dialogue stays.
    void use(Conversation other, List<Message> messages) {
        other.restore(messages);
        conversation = other;
        last = null;
        warned = false;
    }

    /// Answers `text`, streaming; a stopped or cut answer is marked as such.
    Outcome answer(String text, Cancellation stop) {
        Outcome outcome;
        if (look.json()) {
            var whole = new StringBuilder();
            outcome = conversation.ask(text, whole::append, stop);
            out.print(Json.line(object(whole.toString(), outcome)));
        } else if (look.onTerminal()) {
            var printer = new AnswerPrinter(out, look);
            outcome = conversation.ask(text, printer, stop);
            printer.finish();
        } else {
            outcome =
                    conversation.ask(
                            text,
                            piece -> {
                                out.print(piece);
                                out.flush();
                            },
                            stop);
        }
        last = outcome;
        out.println();
        out.flush();
        tell(outcome);
        return outcome;
    }

    private static Map<String, Object> object(String text, Outcome outcome) {
        var object = new LinkedHashMap<String, Object>();
        object.put("text", text);
        object.put("finish_reason", outcome.finish());
        object.put("prompt_tokens", outcome.promptTokens());
        object.put("cached_tokens", outcome.keptTokens());
        object.put("tokens", outcome.tokens());
        object.put("prompt_seconds", outcome.promptSeconds());
        object.put("answer_seconds", outcome.answerSeconds());
        return object;
    }

    private void tell(Outcome outcome) {
        if (look.json()) return;
        if (look.onTerminal()) notices.println(look.dim("(" + line(outcome) + ")"));
        else if (!outcome.finish().equals("stop")) notices.println("(" + ending(outcome) + ")");
        if (!outcome.note().isEmpty()) notices.println(look.dim("(" + outcome.note() + ")"));
        double share = (double) conversation.usedTokens() / conversation.contextTokens();
        if (share >= NEARLY_FULL && !warned && look.onTerminal())
            notices.println(
                    look.dim(
                            String.format(
                                    Locale.ROOT,
                                    "(the context is %.0f %% full: soon the oldest messages are left"
                                            + " out; /reset starts afresh)",
                                    Math.min(100, 100 * share))));
        warned = share >= NEARLY_FULL;
        notices.flush();
    }

    private static String ending(Outcome outcome) {
        return switch (outcome.finish()) {
            case "cancelled" -> "stopped";
            case "length" -> "cut: token limit";
            default -> outcome.finish();
        };
    }

    private static String line(Outcome o) {
        return String.format(
                Locale.ROOT,
                "%d tokens, %.1f/s, first after %.2f s, %d of %d prompt tokens cached, %s",
                o.tokens(),
                rate(o.tokens() - 1, o.answerSeconds()),
                o.promptSeconds(),
                o.keptTokens(),
                o.promptTokens(),
                ending(o));
    }

    private static double rate(int tokens, double seconds) {
        return Math.max(0, tokens) / Math.max(seconds, 1e-6);
    }

    /// Speed of the last answer, and how full the context is.
    String stats() {
        String memory =
                conversation.usedTokens()
                        + " of "
                        + conversation.contextTokens()
                        + " tokens of context";
        var o = last;
        if (o == null) return "no answer yet; " + memory;
        int fresh = o.promptTokens() - o.keptTokens();
        return String.format(
                Locale.ROOT,
                "prompt %d tokens (%d new, %.0f/s), answer %d tokens (%.1f/s); %s",
                o.promptTokens(),
                fresh,
                rate(fresh, o.promptSeconds()),
                o.tokens(),
                rate(o.tokens(), o.answerSeconds()),
                memory);
    }

    /// Takes the last question and its answer out of the dialogue.
    ///
    /// @return the question, empty if there is none
    String takeBack() {
        var messages = new ArrayList<>(conversation.messages());
        int at = messages.size() - 1;
        while (at >= 0 && !messages.get(at).role().equals("user")) at--;
        if (at < 0) return "";
        String question = messages.get(at).content();
        conversation.restore(messages.subList(0, at));
        return question;
    }
}
