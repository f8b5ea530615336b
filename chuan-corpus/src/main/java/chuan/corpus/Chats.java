package chuan.corpus;

import chuan.corpus.ChatConfig.ChatSource;
import chuan.corpus.ChatConfig.Origin;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// Dialogues for fine-tuning: normalised, cut to what a small model can follow, without repeats,
/// sampled and repeated as the configuration says, in one order mixed by hash. Writes
/// `train.jsonl.gz` and `heldout.jsonl.gz` (fields `messages`, `lang`, `source`, `license`, `id`).
/// Deterministic. Works in memory: fine-tuning sets of this kind are small.
public final class Chats {
    private static final int ANSWERS_PER_QUESTION = 3;
    private static final Pattern MARKUP =
            Pattern.compile("```|\\*\\*|https?://|<[a-zA-Z/][^>]*>|\\{\\{|\\|\\s*-");

    private Chats() {}

    record Turn(String role, String content) {}

    /// @param group what is held out together
    record Chat(
            String id,
            String lang,
            String source,
            String license,
            int repeat,
            String group,
            List<Turn> turns) {
        String key() {
            StringBuilder key = new StringBuilder();
            turns.forEach(turn -> key.append(turn.content()).append('\n'));
            return key.toString();
        }
    }

    /// Builds the two files and returns a table of what was taken from where.
    public static String prepare(ChatConfig config) {
        Set<String> seen = new HashSet<>();
        Map<String, Integer> answersTo = new HashMap<>();
        List<Chat> train = new ArrayList<>();
        List<Chat> heldOut = new ArrayList<>();
        StringBuilder table = new StringBuilder();
        String format = "%-30s %7s %7s %7s %8s%n";
        table.append(
                String.format(Locale.ROOT, format, "source", "in", "train", "h.out", "written"));
        for (ChatSource source : config.sources()) {
            var holdOut = new HoldOut(source.heldOut());
            boolean found = source.origin() instanceof Origin.Found;
            List<Chat> all = read(source);
            int before = train.size();
            int heldBefore = heldOut.size();
            long written = 0;
            int taken = 0;
            for (Chat chat : ranked(all)) {
                boolean fresh =
                        taken < source.most()
                                && seen.add(chat.key())
                                && (!found
                                        || answersTo.merge(question(chat), 1, Integer::sum)
                                                <= ANSWERS_PER_QUESTION);
                if (!fresh) {
                    continue;
                }
                taken++;
                if (holdOut.takes(chat.group())) {
                    heldOut.add(chat);
                } else {
                    train.add(chat);
                    written += chat.repeat();
                }
            }
            table.append(
                    String.format(
                            Locale.ROOT,
                            format,
                            source.lang() + "/" + source.name(),
                            all.size(),
                            train.size() - before,
                            heldOut.size() - heldBefore,
                            written));
        }
        write(config, "train.jsonl.gz", train);
        write(config, "heldout.jsonl.gz", heldOut);
        AtomicFile.write(config.output().resolve("report.txt"), table.toString());
        return table.toString();
    }

    private static String question(Chat chat) {
        return chat.turns().size() > 2 ? chat.key() : chat.turns().getFirst().content();
    }

    private static List<Chat> ranked(List<Chat> chats) {
        return chats.stream()
                .sorted(
                        Comparator.comparingLong((Chat chat) -> Hash.stable("chat/" + chat.id()))
                                .thenComparing(Chat::id))
                .toList();
    }

    private static List<Chat> read(ChatSource source) {
        List<Chat> raw =
                switch (source.origin()) {
                    case Origin.Ours ours -> dialogues(ours.file(), source);
                    case Origin.Found found -> dialogues(found.file(), source);
                    case Origin.Made made ->
                            made.exercises().draw(source.name(), source.lang(), source.most());
                    case Origin.Told told ->
                            Stories.read(
                                    told.files(), source.name(), source.lang(), told.requests());
                };
        List<Chat> chats = new ArrayList<>();
        for (Chat chat : raw) {
            prune(chat.turns(), source)
                    .ifPresent(kept ->
                            chats.add(
                                    new Chat(
                                            chat.id(),
                                            chat.lang(),
                                            chat.source(),
                                            chat.license(),
                                            source.repeat(),
                                            chat.group(),
                                            kept)));
        }
        return chats;
    }

    private static List<Chat> dialogues(Path file, ChatSource source) {
        List<Chat> chats = new ArrayList<>();
        try (var lines = new JsonLines(file)) {
            while (lines.hasNext()) {
                JsonNode node = lines.next();
                if (!JsonLines.optionalText(node, "lang").equals(source.lang())) {
                    continue;
                }
                String id = lines.text(node, "id");
                List<Turn> turns = new ArrayList<>();
                for (JsonNode message : node.path("messages")) {
                    turns.add(
                            new Turn(lines.text(message, "role"), lines.text(message, "content")));
                }
                String license = JsonLines.optionalText(node, "license");
                chats.add(new Chat(id, source.lang(), source.name(), license, 1, id, turns));
            }
        }
        return chats;
    }

    /// The first rounds of the dialogue that a small model can learn, or nothing.
    static Optional<List<Turn>> prune(List<Turn> turns, ChatSource source) {
        List<Turn> kept = new ArrayList<>();
        for (int i = 0; i + 1 < turns.size() && kept.size() < 2 * source.rounds(); i += 2) {
            Turn user = clean(turns.get(i), source);
            Turn assistant = clean(turns.get(i + 1), source);
            boolean fits =
                    user.role().equals("user")
                            && assistant.role().equals("assistant")
                            && size(user) <= source.longestPrompt()
                            && size(assistant) <= source.longestAnswer()
                            && !user.content().isEmpty()
                            && !assistant.content().isEmpty();
            if (!fits) {
                break;
            }
            kept.add(user);
            kept.add(assistant);
        }
        for (Turn turn : kept) {
            if (isBad(turn.content(), source)) {
                return Optional.empty();
            }
        }
        return kept.isEmpty() ? Optional.empty() : Optional.of(kept);
    }

    private static Turn clean(Turn turn, ChatSource source) {
        String text = turn.content();
        for (var replaced : source.replace().entrySet()) {
            text = text.replace(replaced.getKey(), replaced.getValue());
        }
        return new Turn(turn.role(), Normalize.text(text).strip());
    }

    private static int size(Turn turn) {
        return turn.content().length() + Characters.countHan(turn.content());
    }

    private static boolean isBad(String text, ChatSource source) {
        return MARKUP.matcher(text).find()
                || text.codePoints().anyMatch(Characters::isBroken)
                || Language.isTraditional(text)
                || source.drop().stream().anyMatch(pattern -> pattern.matcher(text).find());
    }

    private static void write(ChatConfig config, String name, List<Chat> chats) {
        record Line(long rank, String id, Chat chat) {}
        List<Line> lines = new ArrayList<>();
        for (Chat chat : chats) {
            for (int i = 0; i < chat.repeat(); i++) {
                lines.add(new Line(Hash.stable("order/" + i + "/" + chat.id()), chat.id(), chat));
            }
        }
        lines.sort(Comparator.comparingLong(Line::rank).thenComparing(Line::id));
        try (var file = new AtomicFile(config.output().resolve(name))) {
            for (Line line : lines) {
                file.append(json(line.chat()));
            }
            file.commit();
        }
    }

    private static String json(Chat chat) {
        ObjectNode node = JsonLines.JSON.createObjectNode();
        ArrayNode messages = node.putArray("messages");
        for (Turn turn : chat.turns()) {
            messages.addObject().put("role", turn.role()).put("content", turn.content());
        }
        node.put("lang", chat.lang());
        node.put("source", chat.source());
        node.put("license", chat.license());
        node.put("id", chat.id());
        return node + "\n";
    }
}
