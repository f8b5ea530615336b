package chuan.engine;

import chuan.engine.ChatMessage.Role;
import chuan.engine.tools.ToolTemplate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Turns a conversation into the ids that a Baichuan chat model was trained on. A turn begins with
/// the id of who speaks; the text of each turn is encoded by itself, so each has its own leading
/// space; the prompt ends with the id of the assistant. Old rounds are left out whole when the
/// conversation outgrows its share of the context.
///
/// Beyond the official code, both formats here:
///
/// - take a system text, put in front without an id of its own (as format V2 officially does), and
///   never cut it;
/// - leave out an answer that stands before the first question;
/// - keep the user's id in front when the newest round alone is too long and is cut on the left,
///   and report the cut;
/// - let the prompt have half of the context even if `maxTokens` asks for more (as V1 officially
///   does): an answer then has room for fewer tokens.
///
/// Calls of tools and their results are written down by [ToolTemplate].
///
/// With `official` none of this happens and the ids are those of the official code in every case,
/// errors included.
///
/// @param format which revision of the prompt
/// @param userId in front of what the user says
/// @param assistantId in front of what the assistant says
/// @param endId behind what the assistant says, in V1
/// @param official exactly as the official code
public record ChatTemplate(
        Format format, int userId, int assistantId, int endId, boolean official) {

    /// The two official prompt builders.
    public enum Format {
        /// Baichuan-13B-Chat of July 2023: the end id follows every answer of the history; the
        /// prompt may take half of the context even if `maxTokens` asks for more; the assistant's
        /// id ends it always.
        V1,
        /// Baichuan2-13B-Chat, and Baichuan-13B-Chat since September 2023: no end id in the
        /// history; the prompt may take what `maxTokens` leaves; no assistant's id after an answer.
        V2
    }

    /// How a text becomes ids; texts must not be able to spell the ids of speakers, so this is
    /// [chuan.tokenizer.Tokenizer#encode(CharSequence)] and not a mode that lets them.
    @FunctionalInterface
    public interface Encoder {
        int[] encode(String text);
    }

    /// A conversation as ids.
    ///
    /// @param ids to generate from
    /// @param droppedMessages left out to make room, oldest first
    /// @param truncated the newest round had to be cut: the model does not see its beginning
    public record Prompt(int[] ids, int droppedMessages, boolean truncated) {}

    /// A round's ids and how many messages went into it.
    private record Round(int[] ids, int messages) {}

    /// Format V1 with the ids of Baichuan-13B-Chat.
    public static ChatTemplate baichuan() {
        return new ChatTemplate(Format.V1, 195, 196, 2, false);
    }

    /// The same with another format.
    public ChatTemplate withFormat(Format other) {
        return new ChatTemplate(other, userId, assistantId, endId, official);
    }

    /// The same, but in every case as the official code.
    public ChatTemplate asOfficial() {
        return new ChatTemplate(format, userId, assistantId, endId, true);
    }

    /// Writes a conversation down.
    ///
    /// @param context tokens that prompt and answer may take together
    /// @param maxTokens tokens wanted for the answer
    /// @throws InvalidRequestException if there is no message, a system text is not the first
    ///   message, or nothing fits
    public Prompt render(List<ChatMessage> messages, Encoder encoder, int context, int maxTokens) {
        int budget = budget(context, maxTokens);
        int[] system = system(messages, encoder);
        List<Round> rounds = rounds(messages, encoder);
        int room = budget - system.length - reserved(messages);
        if (!official && (room < 2 || rounds.isEmpty())) refuse(system, rounds, budget);
        int first = firstKept(rounds, room);
        int[] history = join(rounds, first);
        boolean tooLong = history.length > room;
        int[] ids = concat(system, tooLong && !official ? cutBehindUser(history, room) : history);
        int dropped = rounds.subList(0, first).stream().mapToInt(Round::messages).sum();
        return new Prompt(finish(ids, messages, budget), dropped, tooLong);
    }

    /// Tokens of the prompt, without the assistant's id in V1.
    private int budget(int context, int maxTokens) {
        int rest = context - maxTokens;
        if (format == Format.V1 || !official) return Math.max(context / 2, rest);
        if (rest < 1)
            throw new InvalidRequestException(
                    "max_tokens",
                    maxTokens + " leaves no room for a prompt in a context of " + context);
        return rest;
    }

    /// V2 counts the assistant's id at the end as part of the budget. The official code notices it
    /// only when it cuts, and then cuts the first id of a user.
    private int reserved(List<ChatMessage> messages) {
        return format == Format.V2 && !official && !endsWithAnswer(messages) ? 1 : 0;
    }

    private static boolean endsWithAnswer(List<ChatMessage> messages) {
        return !messages.isEmpty() && messages.getLast().role() == Role.ASSISTANT;
    }

    private int[] system(List<ChatMessage> messages, Encoder encoder) {
        if (messages.isEmpty()) throw new InvalidRequestException("messages", "is empty");
        for (int i = 0; i < messages.size(); i++) {
            if (messages.get(i).role() != Role.SYSTEM) continue;
            if (official && format == Format.V1)
                throw new InvalidRequestException(
                        "messages[" + i + "].role", "the official format V1 has no system role");
            if (i > 0)
                throw new InvalidRequestException(
                        "messages[" + i + "].role", "only the first message may be a system text");
        }
        var first = messages.getFirst();
        return first.role() == Role.SYSTEM ? encoder.encode(first.content()) : new int[0];
    }

    /// Each round begins with what the user says. What stands before the first user message is
    /// dropped; in the official V2 it is a round, too. Results of tools belong to the round in
    /// which they were called.
    private List<Round> rounds(List<ChatMessage> messages, Encoder encoder) {
        var tools = ToolTemplate.of(messages);
        var rounds = new ArrayList<Round>();
        for (int i = 0; i < messages.size(); i++) {
            var message = messages.get(i);
            switch (message.role()) {
                case SYSTEM -> {}
                case USER ->
                        rounds.add(new Round(turn(userId, encoder.encode(message.content())), 1));
                case TOOL -> {
                    var said = new StringBuilder(tools.result(message.tool(), message.content()));
                    int first = i;
                    while (i + 1 < messages.size() && messages.get(i + 1).role() == Role.TOOL) {
                        message = messages.get(++i);
                        said.append('\n').append(tools.result(message.tool(), message.content()));
                    }
                    int[] turn = turn(userId, encoder.encode(said.toString()));
                    continueRound(rounds, new Round(turn, i - first + 1));
                }
                case ASSISTANT -> {
                    String said = ToolTemplate.calls(message.content(), message.calls());
                    int[] turn = turn(assistantId, encoder.encode(said));
                    if (format == Format.V1) turn = concat(turn, new int[] {endId});
                    if (!rounds.isEmpty() || (official && format == Format.V2))
                        continueRound(rounds, new Round(turn, 1));
                }
            }
        }
        return rounds;
    }

    private static void continueRound(List<Round> rounds, Round more) {
        if (rounds.isEmpty()) {
            rounds.add(more);
            return;
        }
        var round = rounds.removeLast();
        rounds.add(new Round(concat(round.ids, more.ids), round.messages + more.messages));
    }

    /// The oldest round that still fits together with all newer ones; the newest always stays.
    private static int firstKept(List<Round> rounds, int room) {
        int first = rounds.size();
        int length = 0;
        while (first > 0) {
            int next = length + rounds.get(first - 1).ids.length;
            if (length > 0 && next > room) break;
            length = next;
            first--;
            if (length >= room) break;
        }
        return first;
    }

    private int[] finish(int[] ids, List<ChatMessage> messages, int budget) {
        int[] asked =
                concat(
                        official && format == Format.V1 ? lastOf(ids, budget) : ids,
                        new int[] {assistantId});
        return switch (format) {
            case V1 -> asked;
            case V2 -> {
                int[] all = endsWithAnswer(messages) ? ids : asked;
                yield official ? lastOf(all, budget) : all;
            }
        };
    }

    private static void refuse(int[] system, List<Round> rounds, int budget) {
        if (rounds.isEmpty())
            throw new InvalidRequestException("messages", "holds no message of the user");
        throw new InvalidRequestException(
                "messages[0].content",
                "the system text takes "
                        + system.length
                        + " tokens and leaves no room in the "
                        + budget
                        + " of a prompt");
    }

    /// The user's id and the last `room - 1` ids.
    private int[] cutBehindUser(int[] round, int room) {
        int[] cut = lastOf(round, room);
        cut[0] = userId;
        return cut;
    }

    private static int[] lastOf(int[] ids, int count) {
        return Arrays.copyOfRange(ids, Math.max(0, ids.length - count), ids.length);
    }

    private static int[] join(List<Round> rounds, int first) {
        int[] ids = {};
        for (var round : rounds.subList(first, rounds.size())) ids = concat(ids, round.ids);
        return ids;
    }

    private static int[] turn(int speaker, int[] content) {
        return concat(new int[] {speaker}, content);
    }

    private static int[] concat(int[] a, int[] b) {
        int[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
