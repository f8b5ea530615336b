package chuan.corpus;

import chuan.corpus.Chats.Chat;
import chuan.corpus.Chats.Turn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import tools.jackson.databind.JsonNode;

/// Dialogues that are made, not found: templates filled with words drawn at random, as
/// `runs/data/exercises.yaml` says. A set has `dialogues` (`lang`, several ways to `ask`, several
/// `answer`s) and, where something is to be held out as a whole, `sentences`: named texts that are
/// filled with the same words first and that the dialogues refer to. Whoever holds out a sentence
/// holds out every dialogue about it, so that learning can be told from reciting.
///
/// Equal files give equal dialogues.
final class Exercises {
    private static final Set<String> FIELDS = Set.of("seed", "words", "sets", "requests");
    private static final Set<String> SET_FIELDS = Set.of("sentences", "dialogues");
    private static final Set<String> DIALOGUE_FIELDS = Set.of("lang", "ask", "answer");
    private static final int TRIES = 200;

    private final Path file;
    private final long seed;
    private final Templates templates;
    private final Map<String, Exercise> sets;
    private final Map<String, List<String>> requests;

    private record Dialogue(String lang, List<String> ask, List<String> answer) {}

    private record Exercise(List<Map<String, String>> sentences, List<Dialogue> dialogues) {}

    private Exercises(
            Path file,
            long seed,
            Templates templates,
            Map<String, Exercise> sets,
            Map<String, List<String>> requests) {
        this.file = file;
        this.seed = seed;
        this.templates = templates;
        this.sets = sets;
        this.requests = requests;
    }

    static Exercises read(Path file) {
        CorpusConfig.Yaml yaml = CorpusConfig.Yaml.read(file);
        yaml.onlyFields(FIELDS);
        Map<String, List<Map<String, String>>> words = new LinkedHashMap<>(Numbers.words());
        yaml.node()
                .path("words")
                .properties()
                .forEach(entry -> {
                    List<Map<String, String>> list = new ArrayList<>();
                    entry.getValue().forEach(word -> list.add(strings(word)));
                    words.put(entry.getKey(), list);
                });
        Map<String, Exercise> sets = new LinkedHashMap<>();
        yaml.node()
                .path("sets")
                .properties()
                .forEach(entry -> {
                    String where = file + ": sets." + entry.getKey();
                    sets.put(
                            entry.getKey(),
                            exercise(new CorpusConfig.Yaml(file, where, entry.getValue())));
                });
        Map<String, List<String>> requests = new LinkedHashMap<>();
        CorpusConfig.Yaml ofStories =
                new CorpusConfig.Yaml(file, file + ": requests", yaml.node().path("requests"));
        for (String lang : ofStories.node().propertyNames()) {
            requests.put(lang, ofStories.strings(lang));
        }
        long seed = (long) yaml.number("seed", 1);
        return new Exercises(file, seed, new Templates(file, words), sets, requests);
    }

    private static Exercise exercise(CorpusConfig.Yaml set) {
        set.onlyFields(SET_FIELDS);
        List<Map<String, String>> sentences = new ArrayList<>();
        set.node().path("sentences").forEach(sentence -> sentences.add(strings(sentence)));
        List<Dialogue> dialogues = new ArrayList<>();
        for (CorpusConfig.Yaml dialogue : set.children("dialogues")) {
            dialogue.onlyFields(DIALOGUE_FIELDS);
            List<String> ask = dialogue.strings("ask");
            List<String> answer = dialogue.strings("answer");
            if (ask.isEmpty() || answer.isEmpty()) {
                throw new CorpusException(dialogue.where() + ": needs lists `ask` and `answer`");
            }
            dialogues.add(new Dialogue(dialogue.string("lang"), ask, answer));
        }
        return new Exercise(sentences.isEmpty() ? List.of(Map.of()) : sentences, dialogues);
    }

    private static Map<String, String> strings(JsonNode node) {
        Map<String, String> values = new LinkedHashMap<>();
        node.properties().forEach(e -> values.put(e.getKey(), e.getValue().asString()));
        return values;
    }

    /// Ways to ask for a story; `{title}` stands for its title.
    List<String> requests(String lang) {
        List<String> known = requests.get(lang);
        if (known == null || known.isEmpty()) {
            throw new CorpusException(file + ": requests." + lang + " is missing");
        }
        return known;
    }

    /// About `count` different dialogues of a set in one language; fewer where there are not so
    /// many. The first ones are the same for every `count`.
    List<Chat> draw(String set, String lang, int count) {
        Exercise exercise = sets.get(set);
        if (exercise == null) {
            throw new CorpusException(file + ": no set '" + set + "'; there are " + sets.keySet());
        }
        List<Dialogue> dialogues =
                exercise.dialogues().stream().filter(d -> d.lang().equals(lang)).toList();
        if (dialogues.isEmpty()) {
            throw new CorpusException(file + ": sets." + set + ": no dialogue of language " + lang);
        }
        var random = new SplittableRandom(seed ^ Hash.stable("exercise/" + set + "/" + lang));
        List<Chat> chats = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        int failures = 0;
        while (chats.size() < count && failures < TRIES) {
            Chat chat = one(set, lang, pick(exercise.sentences(), random), dialogues, random);
            if (seen.add(chat.key())) {
                chats.add(chat);
                failures = 0;
            } else {
                failures++;
            }
        }
        return chats;
    }

    private Chat one(
            String set,
            String lang,
            Map<String, String> sentences,
            List<Dialogue> dialogues,
            SplittableRandom random) {
        var filler = templates.filler(random);
        Map<String, String> filled = new LinkedHashMap<>();
        sentences.forEach((name, text) -> filled.put(name, filler.fill(text, Map.of())));
        Dialogue dialogue = pick(dialogues, random);
        String ask = filler.fill(pick(dialogue.ask(), random), filled);
        String answer = filler.fill(pick(dialogue.answer(), random), filled);
        String group = set + "/" + (filled.isEmpty() ? answer : String.join("/", filled.values()));
        return new Chat(
                set + "/" + lang + "/" + ask + "/" + answer,
                lang,
                set,
                "Apache-2.0",
                1,
                group,
                List.of(new Turn("user", ask), new Turn("assistant", answer)));
    }

    private static <T> T pick(List<T> list, SplittableRandom random) {
        return list.get(random.nextInt(list.size()));
    }
}
